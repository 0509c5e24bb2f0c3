// SPDX-License-Identifier: MIT
#include "tls/heap.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace minhttp::tls {
namespace {

class HeapTest : public testing::Test {
 protected:
  static constexpr size_t bytes = 300 * Heap::page;

  void SetUp() override {
    memory_ = static_cast<char*>(std::aligned_alloc(Heap::page, bytes));
    books_ = static_cast<char*>(std::aligned_alloc(Heap::page, Heap::books_for(bytes)));
    std::memset(books_, 0, Heap::books_for(bytes));
    heap_.begin({memory_, bytes}, {books_, Heap::books_for(bytes)});
  }
  void TearDown() override {
    std::free(memory_);
    std::free(books_);
  }

  char* memory_ = nullptr;
  char* books_ = nullptr;
  Heap heap_;
};

TEST_F(HeapTest, ABlockHoldsWhatWasAskedForAndIsAligned) {
  for (size_t size :
       {size_t{0}, size_t{1}, size_t{16}, size_t{17}, size_t{128}, size_t{129}, size_t{1008}, size_t{1009},
        size_t{2032}, size_t{2033}, size_t{4096}, size_t{4097}, size_t{16709}, size_t{32768}}) {
    auto* block = static_cast<char*>(heap_.take(size));
    ASSERT_NE(block, nullptr) << size;
    EXPECT_GE(heap_.size_of(block), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % Heap::alignment, 0U);
    std::memset(block, 'x', heap_.size_of(block));
    heap_.give_back(block);
  }
  EXPECT_EQ(heap_.used_bytes(), 0U);
  EXPECT_EQ(heap_.free_bytes(), bytes);
}

TEST_F(HeapTest, SmallBlocksShareAPage) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100; i++) blocks.push_back(heap_.take(32));
  EXPECT_EQ(heap_.used_bytes(), Heap::page);
  for (void* block : blocks) heap_.give_back(block);
  EXPECT_EQ(heap_.used_bytes(), 0U);
  EXPECT_EQ(heap_.peak_bytes(), Heap::page);
}

TEST_F(HeapTest, AllOfItCanBeTakenAndIsFreeForAnyUseAgain) {
  std::vector<void*> pages;
  while (void* block = heap_.take(Heap::page)) pages.push_back(block);
  EXPECT_EQ(pages.size(), bytes / Heap::page);
  EXPECT_EQ(heap_.refusals(), 1U);
  EXPECT_EQ(heap_.take(16), nullptr);
  for (void* block : pages) heap_.give_back(block);
  void* whole = heap_.take(bytes);
  ASSERT_NE(whole, nullptr);
  heap_.give_back(whole);
}

TEST_F(HeapTest, SinglePagesDoNotCutUpTheRoomForRuns) {
  std::vector<void*> singles;
  for (int i = 0; i < 100; i++) singles.push_back(heap_.take(3000));
  for (size_t i = 0; i < singles.size(); i += 2) heap_.give_back(singles[i]);
  EXPECT_NE(heap_.take(200 * Heap::page), nullptr);
}

TEST_F(HeapTest, NoBlockIsInAnother) {
  std::mt19937 random(7);
  std::map<char*, std::pair<size_t, char>> blocks;
  for (int i = 0; i < 20000; i++) {
    if (blocks.empty() || random() % 100 < 52) {
      size_t size = random() % 10 == 0 ? random() % 40000 : random() % 700;
      auto* block = static_cast<char*>(heap_.take(size));
      if (block == nullptr) continue;
      auto next = blocks.lower_bound(block);
      if (next != blocks.end()) {
        ASSERT_LE(block + size, next->first);
      }
      if (next != blocks.begin()) {
        auto before = std::prev(next);
        ASSERT_LE(before->first + before->second.first, block);
      }
      char mark = static_cast<char>(random());
      std::memset(block, mark, size);
      blocks[block] = {size, mark};
    } else {
      auto which = std::next(blocks.begin(), static_cast<long>(random() % blocks.size()));
      for (size_t at = 0; at < which->second.first; at++) {
        ASSERT_EQ(which->first[at], which->second.second);
      }
      heap_.give_back(which->first);
      blocks.erase(which);
    }
  }
  for (auto& [block, what] : blocks) heap_.give_back(block);
  EXPECT_EQ(heap_.used_bytes(), 0U);
}

} // namespace
} // namespace minhttp::tls
