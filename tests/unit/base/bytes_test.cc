// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

#include "base/number.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

TEST(Number, DecimalNeverWraps) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("0042"), 42U);
  EXPECT_EQ(parse_decimal("18446744073709551614"), UINT64_MAX - 1);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_decimal("18446744073709551616"), UINT64_MAX) << "2^64 is not 0";
  EXPECT_EQ(parse_decimal("18446744073709551617"), UINT64_MAX) << "nor 1";
  EXPECT_EQ(parse_decimal("184467440737095516150"), UINT64_MAX);
  EXPECT_EQ(parse_decimal("184467440737095516160"), UINT64_MAX);
  EXPECT_EQ(parse_decimal("36893488147419103233"), UINT64_MAX);
  EXPECT_EQ(parse_decimal(std::string(1000, '9')), UINT64_MAX);
  EXPECT_EQ(parse_decimal(std::string(1000, '0') + "7"), 7U);
  EXPECT_EQ(parse_decimal("1844674407370955161500000000000000000000"), UINT64_MAX) << "it stays where it is";
}

TEST(Number, HexNeverWraps) {
  EXPECT_EQ(parse_hex("0"), 0U);
  EXPECT_EQ(parse_hex("fF"), 255U);
  EXPECT_EQ(parse_hex("00000000000000000000001"), 1U);
  EXPECT_EQ(parse_hex("fffffffffffffffe"), UINT64_MAX - 1);
  EXPECT_EQ(parse_hex("ffffffffffffffff"), UINT64_MAX);
  EXPECT_EQ(parse_hex("10000000000000000"), UINT64_MAX);
  EXPECT_EQ(parse_hex("10000000000000001"), UINT64_MAX);
  EXPECT_EQ(parse_hex("fffffffffffffffff0"), UINT64_MAX);
  EXPECT_EQ(parse_hex(std::string(100, 'f')), UINT64_MAX);
}

TEST(Number, OtherBytesAreRefused) {
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1e3", "1,0", "\xb2"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
    if (std::string(text) != "1e3") {
      EXPECT_FALSE(parse_hex(text)) << text;
    }
  }
  EXPECT_FALSE(parse_decimal("a"));
  EXPECT_FALSE(parse_decimal("99999999999999999999999x")) << "not even behind a number that does not fit";
  EXPECT_FALSE(parse_hex("g"));
  EXPECT_FALSE(parse_hex("ffffffffffffffffffffg"));
  EXPECT_FALSE(parse_decimal(std::string_view("1\0", 2)));
}

TEST(Bytes, OnlyLettersHaveACase) {
  for (size_t size = 1; size < 30; size++) {
    for (size_t place = 0; place < size; place++) {
      for (int byte = 0; byte < 256; byte++) {
        std::string text(size, 'N');
        std::string lower(size, 'n');
        text[place] = static_cast<char>(byte);
        for (char known : std::string_view("kz@[`{-\r\xeb")) {
          lower[place] = known;
          ASSERT_EQ(equal_ignoring_case(text, lower), to_lower(text[place]) == known) << size << " " << place;
        }
      }
    }
  }
  EXPECT_FALSE(equal_ignoring_case("close", "closer"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
}

TEST(Bytes, StartsWithALiteral) {
  for (std::string_view text : {"", "a", "ab", "abcdefghijk", "abcdefghijkl", "abcdefghijkm"}) {
    EXPECT_EQ(starts_with(text, "abcdefghijkl"), text == "abcdefghijkl");
    EXPECT_EQ(starts_with(text, "ab"), starts_with(text, std::string_view("ab")));
    EXPECT_TRUE(starts_with(text, ""));
  }
}

TEST(Bytes, HexDigits) {
  for (int c = 0; c < 256; c++) {
    auto at = std::string("0123456789abcdefABCDEF").find(static_cast<char>(c));
    int expected = at == std::string::npos ? -1 : static_cast<int>(at < 16 ? at : at - 6);
    EXPECT_EQ(hex_value(static_cast<char>(c)), expected) << c;
  }
}

TEST(Bytes, LowerCaseOfAsciiOnly) {
  for (int c = 0; c < 256; c++) {
    EXPECT_EQ(to_lower(static_cast<char>(c)), static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  }
  EXPECT_TRUE(equal_ignoring_case("cLOSe", "close"));
  EXPECT_FALSE(equal_ignoring_case("closed", "close"));
  EXPECT_FALSE(equal_ignoring_case("clos", "close"));
  EXPECT_FALSE(equal_ignoring_case("[", "{")) << "32 apart, but no letters";
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_FALSE(equal_ignoring_case("\xc9", "\xe9"));
}

TEST(Bytes, TakeUntilASeparator) {
  std::string_view rest = "a,,b";
  EXPECT_EQ(take_until(rest, ','), "a");
  EXPECT_EQ(take_until(rest, ','), "");
  EXPECT_EQ(rest, "b");
  EXPECT_EQ(take_until(rest, ','), "b") << "all of it, where there is no separator";
  EXPECT_EQ(rest, "");
  EXPECT_EQ(take_until(rest, ','), "");
}

TEST(Bytes, TakeAndDrop) {
  EXPECT_EQ(drop("abc", 1), "bc");
  EXPECT_EQ(drop("abc", 3), "");
  EXPECT_EQ(take("abc", 2), "ab");
  EXPECT_EQ(take("abc", 0), "");
  EXPECT_THROW((void)drop("abc", 4), Panic);
  EXPECT_THROW((void)take("abc", 4), Panic);
  EXPECT_TRUE(starts_with("abc", "ab"));
  EXPECT_TRUE(starts_with("abc", ""));
  EXPECT_FALSE(starts_with("ab", "abc"));
  EXPECT_FALSE(starts_with("bab", "ab"));
  EXPECT_TRUE(equal("a\0b"sv, "a\0b")) << "a literal with a NUL";
  EXPECT_FALSE(equal({"a\0b", 3}, {"a\0c", 3}));
  EXPECT_EQ(find("abcb", 'b'), 1U);
  EXPECT_EQ(find("abc", 'x'), 3U);
  EXPECT_EQ(find("", 'x'), 0U);
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim("\va\n"), "\va\n") << "OWS is space and tab";
}

TEST(Writer, FillsItsMemoryToTheLastByte) {
  char out[10];
  Writer writer(out);
  writer.text("abc").byte('-').decimal(1234).hex(0xab);
  EXPECT_EQ(writer.view(), "abc-1234ab");
  EXPECT_EQ(writer.room(), 0U);
  EXPECT_EQ(writer.size(), 10U);
}

TEST(Writer, WritingBehindItsEndPanics) {
  char out[6] = "12345";
  Writer writer({out, 4});
  EXPECT_THROW(writer.text("abcde"), Panic);
  EXPECT_THROW(writer.decimal(12345), Panic);
  EXPECT_THROW(writer.hex(0x12345), Panic);
  writer.text("abcd");
  EXPECT_THROW(writer.byte('x'), Panic);
  EXPECT_THROW(writer.text("x"), Panic);
  EXPECT_THROW(writer.two_digits(7), Panic);
  writer.text("");
  EXPECT_EQ(std::string(out, 5), "abcd5");
}

TEST(Writer, Numbers) {
  for (uint64_t value : {uint64_t{0}, uint64_t{9}, uint64_t{10}, uint64_t{4294967296}, UINT64_MAX}) {
    char out[64];
    EXPECT_EQ(Writer(out).decimal(value).view(), std::to_string(value));
    char expected[32];
    std::snprintf(expected, sizeof expected, "%llx", static_cast<unsigned long long>(value));
    EXPECT_EQ(Writer(out).hex(value).view(), expected);
  }
  char out[4];
  EXPECT_EQ(Writer(out).two_digits(7).two_digits(99).view(), "0799");
}

} // namespace
} // namespace minhttp::test
