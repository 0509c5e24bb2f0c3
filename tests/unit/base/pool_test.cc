// SPDX-License-Identifier: MIT
#include "base/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "base/arena.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

TEST(Pool, GivesEachPlaceOnce) {
  std::vector<uint32_t> free(3, 0xdead);
  Pool pool(free);
  EXPECT_EQ(pool.size(), 3U);
  EXPECT_EQ(pool.take(), 0U);
  EXPECT_EQ(pool.take(), 1U);
  EXPECT_EQ(pool.take(), 2U);
  EXPECT_EQ(pool.take(), Pool::none);
  EXPECT_EQ(pool.taken(), 3U);
}

TEST(Pool, TheLastFreedIsTakenFirst) {
  std::vector<uint32_t> free(4);
  Pool pool(free);
  for (int i = 0; i < 3; i++) (void)pool.take();
  pool.give_back(0);
  pool.give_back(2);
  EXPECT_EQ(pool.taken(), 1U);
  EXPECT_EQ(pool.take(), 2U);
  EXPECT_EQ(pool.take(), 0U);
  EXPECT_EQ(pool.take(), 3U) << "fresh ones only when no other is left";
}

TEST(Pool, GivingBackWhatWasNotTakenPanics) {
  std::vector<uint32_t> free(4);
  Pool pool(free);
  EXPECT_THROW(pool.give_back(0), Panic);
  (void)pool.take();
  EXPECT_THROW(pool.give_back(1), Panic);
  EXPECT_THROW(pool.give_back(Pool::none), Panic);
  pool.give_back(0);
  EXPECT_THROW(pool.give_back(0), Panic);
}

TEST(Pool, AnEmptyPoolHasNothingToTake) {
  Pool pool({});
  EXPECT_EQ(pool.take(), Pool::none);
}

TEST(Pool, RandomOperations) {
  std::vector<uint32_t> free(50);
  Pool pool(free);
  std::vector<uint32_t> held;
  std::mt19937 random(5);
  for (int i = 0; i < 100'000; i++) {
    if (random() % 2 == 0) {
      uint32_t place = pool.take();
      ASSERT_EQ(place == Pool::none, held.size() == free.size());
      if (place == Pool::none) continue;
      ASSERT_LT(place, free.size());
      ASSERT_EQ(std::count(held.begin(), held.end(), place), 0);
      held.push_back(place);
    } else if (!held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      pool.give_back(held.back());
      held.pop_back();
    }
    ASSERT_EQ(pool.taken(), held.size());
  }
}

TEST(Arena, TheAddedCostsAreEnoughForAllParts) {
  struct alignas(64) Wide {
    char bytes[64];
  };
  size_t bytes = Arena::cost<char>(3) + Arena::cost<uint64_t>(5) + Arena::cost<char>(1) + Arena::cost<Wide>(2);
  alignas(4096) static std::byte memory[4096];
  ASSERT_LE(bytes, sizeof memory);
  Arena arena({memory, bytes});
  auto a = arena.take<char>(3);
  auto b = arena.take<uint64_t>(5);
  auto c = arena.take<char>(1);
  auto d = arena.take<Wide>(2);
  EXPECT_EQ(a.size(), 3U);
  EXPECT_EQ(b.size(), 5U);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % alignof(uint64_t), 0U);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(d.data()) % alignof(Wide), 0U);
  auto end = [](auto span) { return reinterpret_cast<std::byte*>(span.data() + span.size()); };
  EXPECT_LE(end(a), reinterpret_cast<std::byte*>(b.data()));
  EXPECT_LE(end(b), reinterpret_cast<std::byte*>(c.data()));
  EXPECT_LE(end(c), reinterpret_cast<std::byte*>(d.data()));
  EXPECT_LE(end(d), memory + bytes);
}

TEST(Arena, TakingMoreThanIsLeftPanics) {
  alignas(16) std::byte memory[64] = {};
  Arena arena({memory, sizeof memory});
  (void)arena.take<char>(60);
  EXPECT_THROW((void)arena.take<char>(5), Panic);
  EXPECT_THROW((void)arena.take<uint64_t>(1), Panic);
  EXPECT_EQ(arena.take<char>(4).size(), 4U);
}

} // namespace
} // namespace minhttp::test
