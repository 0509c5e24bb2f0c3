// SPDX-License-Identifier: MIT
#include "crypto/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace minhttp::test {
namespace {

// The example in the appendix of the paper: key 00 to 0f, text 00 to 0e, SipHash-2-4.
TEST(SipHash, ThePapersExample) {
  SipKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string text;
  for (char c = 0; c < 15; c++) text += c;
  EXPECT_EQ((siphash<2, 4>(key, text)), 0xa129ca6149be45e5);
}

TEST(SipHash, EveryByteAndTheLengthCount) {
  SipKey key = {3, 4};
  std::string text(40, 'a');
  uint64_t hash = siphash(key, text);
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
