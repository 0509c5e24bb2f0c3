// SPDX-License-Identifier: MIT
#include "base/buddy.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace minhttp::test {
namespace {

struct Room {
  [[gnu::noinline]] explicit Room(size_t bytes) // inlined, GCC warns of a room of no size
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

TEST(Buddy, HoldsWhatFitsAndNoMore) {
  Room room(4 * Buddy::largest + 100);
  EXPECT_EQ(takeable(room.buddy, Buddy::largest), 4U);
  EXPECT_EQ(takeable(room.buddy, Buddy::largest - 1), 4U);
  EXPECT_EQ(takeable(room.buddy, 1), 4 * Buddy::largest / Buddy::smallest);
  EXPECT_EQ(takeable(room.buddy, Buddy::largest), 4U) << "the pieces have become whole again";
}

TEST(Buddy, NothingWithoutMemory) {
  Room room(Buddy::fresh_size - 1);
  EXPECT_TRUE(room.buddy.has_none());
  EXPECT_EQ(room.buddy.take(1), nullptr);
}

// Memory that is no multiple of the largest block: every piece of it is of use, and what lies before a large block is
// left to small ones.
TEST(Buddy, LittleMemory) {
  Room room(3 * Buddy::fresh_size + 100);
  EXPECT_EQ(room.buddy.take(4 * Buddy::fresh_size), nullptr);
  EXPECT_EQ(takeable(room.buddy, Buddy::fresh_size), 3U);
  EXPECT_EQ(takeable(room.buddy, 2 * Buddy::fresh_size), 1U);
  char* first = room.buddy.take(1);
  char* large = room.buddy.take(2 * Buddy::fresh_size);
  EXPECT_NE(large, nullptr) << "the small one is in the piece that has no neighbour";
  room.buddy.give_back(first);
  room.buddy.give_back(large);
  EXPECT_EQ(takeable(room.buddy, Buddy::smallest), 3 * Buddy::fresh_size / Buddy::smallest);
}

TEST(Buddy, WhatLiesBeforeALargeBlockIsFree) {
  Room room(4 * Buddy::fresh_size);
  char* first = room.buddy.take(1);
  char* large = room.buddy.take(2 * Buddy::fresh_size);
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large, room.memory.data() + 2 * Buddy::fresh_size);
  EXPECT_EQ(room.buddy.take(Buddy::fresh_size), room.memory.data() + Buddy::fresh_size);
  EXPECT_NE(room.buddy.take(Buddy::fresh_size / 2), nullptr) << "the rest of the first";
  room.buddy.give_back(first);
  room.buddy.give_back(large);
  EXPECT_NE(room.buddy.take(2 * Buddy::fresh_size), nullptr);
}

// Blocks of all sizes come and go; none lies outside, over another one, or loses its bytes.
TEST(Buddy, BlocksNeverOverlap) {
  Room room(16 * Buddy::largest);
  std::mt19937 random(1);
  std::map<char*, std::pair<size_t, char>> taken;
  for (int turn = 0; turn < 50'000; turn++) {
    if (random() % 2 == 0) {
      size_t halved = random() % 64 == 0 ? random() % 6 : 6 + random() % 7; // large ones are rare
      size_t bytes = 1 + random() % (Buddy::largest >> halved);
      char* block = room.buddy.take(bytes);
      if (block == nullptr) continue;
      ASSERT_GE(block, room.memory.data());
      ASSERT_LE(block + bytes, room.memory.data() + room.memory.size());
      char mark = static_cast<char>(random());
      std::fill_n(block, bytes, mark);
      taken[block] = {bytes, mark};
    } else if (!taken.empty()) {
      auto at = std::next(taken.begin(), static_cast<long>(random() % taken.size()));
      auto [bytes, mark] = at->second;
      for (size_t i = 0; i < bytes; i++) ASSERT_EQ(at->first[i], mark);
      room.buddy.give_back(at->first);
      taken.erase(at);
    }
  }
  for (auto& [block, what] : taken) room.buddy.give_back(block);
  EXPECT_EQ(takeable(room.buddy, Buddy::largest), 16U);
}

TEST(Buddy, TwiceGivenBack) {
  Room room(Buddy::largest);
  char* block = room.buddy.take(100);
  room.buddy.give_back(block);
  EXPECT_THROW(room.buddy.give_back(block), std::exception);
}

} // namespace
} // namespace minhttp::test
