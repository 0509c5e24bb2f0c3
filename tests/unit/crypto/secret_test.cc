// SPDX-License-Identifier: MIT
#include "crypto/secret.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

// A byte that counts how often it was compared.
struct Counted {
  uint8_t byte = 0;
  static inline size_t count = 0;
};

uint32_t operator^(Counted a, Counted b) {
  Counted::count++;
  return static_cast<uint32_t>(a.byte ^ b.byte);
}

// Wherever the two differ, and whether they do: the same number of comparisons.
TEST(Secret, ComparesAllBytesWhereverTheyDiffer) {
  using Bytes = std::array<Counted, 64>;
  for (size_t first = 0; first <= 64; first++) { // 64: nowhere
    for (size_t second = first; second <= 64; second += 5) {
      Bytes a = {};
      Bytes b = {};
      if (first < 64) b[first].byte = 1;
      if (second < 64) b[second].byte = 0x80;
      Counted::count = 0;
      EXPECT_EQ(equal_in_constant_time(a, b), first == 64);
      EXPECT_EQ(Counted::count, 64U);
    }
  }
}

TEST(Secret, EveryBitIsCompared) {
  std::array<uint8_t, 3> a = {0x12, 0x34, 0x56};
  EXPECT_TRUE(equal_in_constant_time(a, a));
  for (int bit = 0; bit < 24; bit++) {
    auto b = a;
    b[static_cast<size_t>(bit / 8)] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(equal_in_constant_time(a, b)) << bit;
  }
}

TEST(Secret, ChooseReturnsTheFirstOrTheSecond) {
  EXPECT_EQ(choose(true, 0xdeadbeef, 1), 0xdeadbeef);
  EXPECT_EQ(choose(false, 0xdeadbeef, 1), 1U);
}

TEST(Secret, WipeZeroesAllBytes) {
  struct {
    char text[5] = "abcd";
    uint64_t number = 7;
  } object;
  wipe(object.text);
  EXPECT_EQ(std::string_view(object.text, 5), std::string_view("\0\0\0\0\0", 5));
  EXPECT_EQ(object.number, 7U);
  wipe(object);
  EXPECT_EQ(object.number, 0U);
}

} // namespace
} // namespace minhttp::test
