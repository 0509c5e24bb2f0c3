// SPDX-License-Identifier: MIT
#include "h2/huffman.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/h2/hpack.h"

namespace minhttp::test {
namespace {

std::string encode(std::string_view text, bool lower = false) {
  std::string out((h2::huffman_bits(text, lower) + 7) / 8, 0);
  h2::HuffmanEncoder encoder(out);
  encoder.add(text, lower);
  encoder.finish();
  return out;
}

// "-": malformed.
std::string decode(std::string_view coded) {
  std::vector<char> copy(coded.begin(), coded.end());
  std::string out(coded.size() * 2, 0);
  auto size = h2::huffman_decode({copy.data(), copy.size()}, out);
  if (!size) return "-";
  EXPECT_LE(*size, out.size());
  return out.substr(0, *size);
}

TEST(Huffman, TheExamplesOfRfc7541) {
  const std::pair<const char*, const char*> examples[] = {
      {"www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"},
      {"no-cache", "a8eb10649cbf"},
      {"custom-key", "25a849e95ba97d7f"},
      {"custom-value", "25a849e95bb8e8b4bf"},
      {"302", "6402"},
      {"307", "640eff"},
      {"private", "aec3771a4b"},
      {"Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"},
      {"https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"},
      {"gzip", "9bd9ab"},
      {"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
       "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"},
  };
  for (auto [plain, coded] : examples) {
    EXPECT_EQ(encode(plain), from_hex(coded)) << plain;
    EXPECT_EQ(decode(from_hex(coded)), plain);
    EXPECT_EQ(h2::huffman_size(plain), from_hex(coded).size()) << plain;
  }
}

TEST(Huffman, EachByteBesideEachOther) {
  for (int first = 0; first < 256; first++) {
    for (int second = 0; second < 256; second++) {
      std::string text = {static_cast<char>(first), static_cast<char>(second)};
      std::string coded = encode(text);
      ASSERT_EQ(coded.size(), h2::huffman_size(text));
      ASSERT_EQ(decode(coded), text);
    }
  }
}

TEST(Huffman, AllBytesInOneText) {
  std::string text;
  for (int i = 0; i < 1024; i++) text += static_cast<char>(i * 7);
  EXPECT_EQ(decode(encode(text)), text);
  EXPECT_EQ(decode(""), "");
}

TEST(Huffman, CapitalsInLowerCase) {
  EXPECT_EQ(encode("Last-MODIFIED", true), encode("last-modified"));
  EXPECT_EQ(h2::huffman_bits("Last-MODIFIED", true), h2::huffman_bits("last-modified"));
}

TEST(Huffman, Padding) {
  EXPECT_EQ(decode(from_hex("1f")), "a") << "5 bits and 3 ones";
  for (const char* wrong : {"18", "1e", "1d", "1b"}) EXPECT_EQ(decode(from_hex(wrong)), "-") << wrong;
  EXPECT_EQ(decode(from_hex("ff")), "-") << "8 bits of padding";
  EXPECT_EQ(decode(from_hex("1fff")), "-") << "11";
  EXPECT_EQ(decode(from_hex("ffff")), "-");
  EXPECT_EQ(decode(from_hex("ffffff")), "-");
  EXPECT_EQ(decode(from_hex("fe")), "-") << "the beginning of a longer code";
  EXPECT_EQ(decode(encode("a") + from_hex("ff")), "-");
}

TEST(Huffman, EosInside) {
  EXPECT_EQ(decode(from_hex("ffffffff")), "-") << "EOS, and two ones";
  EXPECT_EQ(decode(from_hex("fffffffc")), "-") << "EOS, and two zeros";
  EXPECT_EQ(decode(from_hex("1fffffffff")), "-") << "behind an a";
  EXPECT_EQ(decode(from_hex("ffffffffffffffffffff")), "-");
}

// Each text without its last bytes, or with another bit, means what it says, or nothing.
TEST(Huffman, CutOff) {
  std::string coded = encode(std::string("\0\x16\n\r", 4));
  for (size_t size = 0; size < coded.size(); size++) {
    std::string text = decode(coded.substr(0, size));
    EXPECT_TRUE(text == "-" || encode(text) == coded.substr(0, size));
  }
}

TEST(Huffman, TextLongerThanItsRoom) {
  std::string coded = encode("hello world");
  std::string out = "......";
  EXPECT_EQ(h2::huffman_decode(coded, std::span<char>(out).first(5)), 11U);
  EXPECT_EQ(out, "hello.");
  EXPECT_EQ(h2::huffman_decode(coded, {}), 11U);
  EXPECT_FALSE(h2::huffman_decode(coded + std::string(1, '\xff'), {})) << "malformed behind its room";
}

} // namespace
} // namespace minhttp::test
