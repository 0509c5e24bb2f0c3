// SPDX-License-Identifier: MIT
#include "crypto/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace minhttp::test {
namespace {

// The first two vectors of the authors' program for 128 bits, SipHash-2-4: key 00 to 0f, texts of no byte and of 00.
TEST(SipHash, TheAuthorsExamples) {
  SipKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  using Hash = std::array<uint64_t, 2>;
  EXPECT_EQ((siphash<2, 4>(key, "")), (Hash{0xe6a825ba047f81a3, 0x930255c71472f66d}));
  EXPECT_EQ((siphash<2, 4>(key, {"\0", 1})), (Hash{0x44af996bd8c187da, 0x45fc229b11597634}));
}

TEST(SipHash, EveryByteAndTheLengthCount) {
  SipKey key = {3, 4};
  std::string text(40, 'a');
  auto hash = siphash(key, text);
  for (size_t i = 0; i < text.size(); i++) {
    std::string other = text;
    other[i] = 'b';
    EXPECT_NE(siphash(key, other), hash) << i;
    EXPECT_NE(siphash(key, text.substr(0, i)), siphash(key, text.substr(0, i) + '\0')) << i;
  }
  EXPECT_NE(siphash(SipKey{3, 5}, text), hash);
  EXPECT_NE(siphash(SipKey{2, 4}, text), hash);
}

} // namespace
} // namespace minhttp::test
