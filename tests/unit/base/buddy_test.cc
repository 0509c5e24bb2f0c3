// SPDX-License-Identifier: MIT
#include "base/buddy.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace minhttp::test {
namespace {

struct TestBuddy {
  [[gnu::noinline]] explicit TestBuddy(size_t bytes) // inlined, GCC warns of memory of no size
      : memory(bytes),
        states(1 + Buddy::states_for(bytes)),
        buddy(memory, std::span(states).first(states.size() - 1)) {}
  std::vector<char> memory;
  std::vector<uint8_t> states;
  Buddy buddy;
};

size_t takeable(Buddy& buddy, size_t bytes) {
  std::vector<char*> taken;
  while (char* block = buddy.take(bytes)) taken.push_back(block);
  for (char* block : taken) buddy.give_back(block);
  return taken.size();
}

TEST(Buddy, AllocatesAsManyBlocksAsFit) {
  TestBuddy test(4 * Buddy::largest + 100);
  EXPECT_EQ(takeable(test.buddy, Buddy::largest), 4U);
  EXPECT_EQ(takeable(test.buddy, Buddy::largest - 1), 4U);
  EXPECT_EQ(takeable(test.buddy, 1), 4 * Buddy::largest / Buddy::smallest);
  EXPECT_EQ(takeable(test.buddy, Buddy::largest), 4U) << "the pieces have become whole again";
}

TEST(Buddy, TooLittleMemoryHasNoBlocks) {
  TestBuddy test(Buddy::fresh_size - 1);
  EXPECT_TRUE(test.buddy.has_none());
  EXPECT_EQ(test.buddy.take(1), nullptr);
}

// Memory that is no multiple of the largest block: every piece of it is of use, and what lies before a large block is
// left to small ones.
TEST(Buddy, MemoryThatIsNoMultipleOfTheLargestBlockIsUsedWhole) {
  TestBuddy test(3 * Buddy::fresh_size + 100);
  EXPECT_EQ(test.buddy.take(4 * Buddy::fresh_size), nullptr);
  EXPECT_EQ(takeable(test.buddy, Buddy::fresh_size), 3U);
  EXPECT_EQ(takeable(test.buddy, 2 * Buddy::fresh_size), 1U);
  char* first = test.buddy.take(1);
  char* large = test.buddy.take(2 * Buddy::fresh_size);
  EXPECT_NE(large, nullptr) << "the small one is in the piece that has no neighbour";
  test.buddy.give_back(first);
  test.buddy.give_back(large);
  EXPECT_EQ(takeable(test.buddy, Buddy::smallest), 3 * Buddy::fresh_size / Buddy::smallest);
}

TEST(Buddy, SpaceBeforeALargeBlockIsLeftToSmallOnes) {
  TestBuddy test(4 * Buddy::fresh_size);
  char* first = test.buddy.take(1);
  char* large = test.buddy.take(2 * Buddy::fresh_size);
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large, test.memory.data() + 2 * Buddy::fresh_size);
  EXPECT_EQ(test.buddy.take(Buddy::fresh_size), test.memory.data() + Buddy::fresh_size);
  EXPECT_NE(test.buddy.take(Buddy::fresh_size / 2), nullptr) << "the rest of the first";
  test.buddy.give_back(first);
  test.buddy.give_back(large);
  EXPECT_NE(test.buddy.take(2 * Buddy::fresh_size), nullptr);
}

// Blocks of all sizes come and go; none lies outside, over another one, or loses its bytes.
TEST(Buddy, BlocksNeverOverlap) {
  TestBuddy test(16 * Buddy::largest);
  std::mt19937 random(1);
  std::map<char*, std::pair<size_t, char>> taken;
  for (int turn = 0; turn < 50'000; turn++) {
    if (random() % 2 == 0) {
      size_t halved = random() % 64 == 0 ? random() % 6 : 6 + random() % 7; // large ones are rare
      size_t bytes = 1 + random() % (Buddy::largest >> halved);
      char* block = test.buddy.take(bytes);
      if (block == nullptr) continue;
      ASSERT_GE(block, test.memory.data());
      ASSERT_LE(block + bytes, test.memory.data() + test.memory.size());
      char mark = static_cast<char>(random());
      std::fill_n(block, bytes, mark);
      taken[block] = {bytes, mark};
    } else if (!taken.empty()) {
      auto at = std::next(taken.begin(), static_cast<long>(random() % taken.size()));
      auto [bytes, mark] = at->second;
      for (size_t i = 0; i < bytes; i++) ASSERT_EQ(at->first[i], mark);
      test.buddy.give_back(at->first);
      taken.erase(at);
    }
  }
  for (auto& [block, what] : taken) test.buddy.give_back(block);
  EXPECT_EQ(takeable(test.buddy, Buddy::largest), 16U);
}

TEST(Buddy, FreeingABlockTwicePanics) {
  TestBuddy test(Buddy::largest);
  char* block = test.buddy.take(100);
  test.buddy.give_back(block);
  EXPECT_THROW(test.buddy.give_back(block), std::exception);
}

} // namespace
} // namespace minhttp::test
