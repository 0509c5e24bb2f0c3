// SPDX-License-Identifier: MIT
#include "crypto/base64.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include "unit/encode.h"
#include "unit/guard.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Text and output end at unmapped memory.
std::optional<std::string> decode(std::string_view text) {
  static Guard in(4096);
  static Guard out(4096);
  auto room = out.last(base64_bytes(text.size()));
  auto size = decode_base64(in.at_end(text), room);
  if (!size) return {};
  return std::string(room.data(), *size);
}

TEST(Base64, TheExamplesOfTheRfc) { // RFC 4648 section 10
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"Zg==", "f"},
                                                       {"Zm8=", "fo"},
                                                       {"Zm9v", "foo"},
                                                       {"Zm9vYg==", "foob"},
                                                       {"Zm9vYmE=", "fooba"},
                                                       {"Zm9vYmFy", "foobar"}};
  for (auto [text, bytes] : cases) EXPECT_EQ(decode(text), bytes);
}

TEST(Base64, TextsThatAreNotStrictBase64AreRefused) {
  for (const char* text : {"Z",          "Zg",     "Zg=",      "Zg===",    "=",    "==",   "====",   "Z===",
                           "Zm9v=",      "Zm9vYg", "Zg==Zg==", "Zm8=Zm8=", "Zh==", "Zm9=", "Zm9v\n", "Zm\n9",
                           "Zm9 ",       " Zm9",   "Zm-_",     "Zm9v====", "Z=g=", "Zg=v", "Zm!v",   "\xc3\xbc\xc3\xbc",
                           "Zm9vZm9\x80"}) {
    EXPECT_FALSE(decode(text)) << text;
  }
  EXPECT_FALSE(decode(std::string_view("Zm\0v", 4)));
}

// All texts of four out of the bytes that matter: exactly those that an encoder writes are read.
TEST(Base64, EveryGroup) {
  const std::string alphabet = "AQgwZ9+/=-\n";
  for (char a : alphabet) {
    for (char b : alphabet) {
      for (char c : alphabet) {
        for (char d : alphabet) {
          std::string text = {a, b, c, d};
          auto bytes = decode(text);
          if (bytes) {
            ASSERT_EQ(base64(*bytes), text);
          } else {
            size_t padding = d != '=' ? 0 : c != '=' ? 1 : 2;
            bool in_alphabet = text.substr(0, 4 - padding).find_first_not_of(digits) == text.npos;
            ASSERT_TRUE(!in_alphabet || padding > 0) << text;
          }
        }
      }
    }
  }
}

TEST(Base64, RandomBytesAreEncodedAndDecoded) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; i++) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(decode(base64(bytes)), bytes);
  }
}

TEST(Base64, TooSmallABufferPanics) {
  char out[2];
  EXPECT_THROW((void)decode_base64("Zm9v", out), Panic);
}

} // namespace
} // namespace minhttp::test
