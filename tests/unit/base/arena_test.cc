// SPDX-License-Identifier: MIT
#include "base/arena.h"

#include <gtest/gtest.h>

#include <vector>

namespace minhttp {
namespace {

struct alignas(4096) Page {
  std::byte bytes[4096];
};

TEST(Arena, AFenceIsWholePagesThatNoPartUses) {
  constexpr size_t size = 8192;
  std::vector<Page> memory(8);
  Arena arena(std::as_writable_bytes(std::span(memory)));
  auto before = arena.take<char>(3);
  auto fence = arena.fence(4096);
  auto behind = arena.take<char>(1);
  EXPECT_EQ(fence.size(), 4096U);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(fence.data()) % 4096, 0U);
  EXPECT_GE(static_cast<void*>(fence.data()), static_cast<void*>(before.data() + before.size()));
  EXPECT_EQ(static_cast<void*>(behind.data()), static_cast<void*>(fence.data() + fence.size()));
  EXPECT_LE(before.size() + fence.size() + behind.size(), arena.fence_cost(4096) + 4);
  EXPECT_GE(arena.left(), memory.size() * sizeof(Page) - Arena::fence_cost(4096) - size);
}

TEST(Arena, AFenceAtAPageBoundaryNeedsNoPadding) {
  std::vector<Page> memory(2);
  Arena arena(std::as_writable_bytes(std::span(memory)));
  EXPECT_EQ(static_cast<void*>(arena.fence(4096).data()), static_cast<void*>(memory.data()));
  EXPECT_EQ(static_cast<void*>(arena.fence(4096).data()), static_cast<void*>(memory.data() + 1));
  EXPECT_EQ(arena.left(), 0U);
}

} // namespace
} // namespace minhttp
