// SPDX-License-Identifier: MIT
#include "crypto/sha512.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/keyed_hash.h"

namespace minhttp::test {
namespace {

std::string hex(const Sha512::Digest& digest) {
  std::string text;
  for (uint8_t byte : digest) {
    text.push_back("0123456789abcdef"[byte / 16]);
    text.push_back("0123456789abcdef"[byte % 16]);
  }
  return text;
}

std::string sha512(std::string_view message) { return hex(Sha512().add(message).finish()); }

TEST(Sha512, ExamplesOfTheStandard) {
  EXPECT_EQ(sha512("abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(sha512(""),
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
  EXPECT_EQ(sha512("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                   "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
            "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
  EXPECT_EQ(sha512(std::string(1'000'000, 'a')),
            "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
            "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b");
}

std::string message_of(size_t size) {
  std::string message;
  for (size_t i = 0; i < size; i++) message.push_back(static_cast<char>(i * 7 + size));
  return message;
}

// Every length around the ends of five blocks. The one digest over all their digests was
// computed by Python's hashlib.
TEST(Sha512, EveryLength) {
  Sha512 all;
  for (size_t size = 0; size < 700; size++) all.add(Sha512().add(message_of(size)).finish());
  EXPECT_EQ(hex(all.finish()),
            "9f65c799840b319d12b85f59b1ef7f25498c153eddd455779f45b559cb2d238e"
            "47109d63021eba778fc5c73e9606d11c300805a983e69c1a6c75d3a5acfb64c6");
}

TEST(Sha512, PiecesDoNotChangeTheDigest) {
  for (size_t size :
       {size_t{0}, size_t{1}, size_t{111}, size_t{112}, size_t{127}, size_t{128}, size_t{129}, size_t{300}}) {
    std::string message = message_of(size);
    std::string whole = sha512(message);
    for (size_t first = 0; first <= size; first++) {
      for (size_t second = first; second <= size; second += 1 + size / 9) {
        std::string_view text = message;
        Sha512 sha;
        sha.add(text.substr(0, first)).add(text.substr(first, second - first)).add("").add(text.substr(second));
        ASSERT_EQ(hex(sha.finish()), whole) << size << " cut at " << first << " and " << second;
      }
    }
    Sha512 sha;
    for (char c : message) sha.add(std::string_view(&c, 1));
    EXPECT_EQ(hex(sha.finish()), whole) << size << " byte by byte";
  }
}

TEST(Sha512, CanBeUsedAgainAfterItsDigest) {
  Sha512 sha;
  (void)sha.add("something").finish();
  EXPECT_EQ(hex(sha.add("abc").finish()), sha512("abc"));
  sha.add("a secret").wipe();
  EXPECT_EQ(hex(sha.add("abc").finish()), sha512("abc"));
}

TEST(KeyedHash, IsSha512OfKeyUseAndMessage) {
  KeyedHash::Key key = {1, 2, 3};
  std::string block(reinterpret_cast<const char*>(key.data()), key.size());
  block.resize(128);
  KeyedHash keyed(key);
  for (auto use : {KeyedHash::Use::credentials, KeyedHash::Use::user, KeyedHash::Use::network}) {
    EXPECT_EQ(hex(keyed.begin(use).add("message").finish()), sha512(block + static_cast<char>(use) + "message"));
  }
  EXPECT_EQ(number_of(std::array<uint8_t, 9>{1, 2, 3, 4, 5, 6, 7, 8, 9}), 0x0102030405060708U);
}

} // namespace
} // namespace minhttp::test
