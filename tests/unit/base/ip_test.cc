// SPDX-License-Identifier: MIT
#include "base/ip.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace minhttp::test {
namespace {

std::string written(const IpAddress& address) {
  char out[ip_text_max];
  Writer writer(out);
  write_ip(writer, address);
  return std::string(writer.view());
}

TEST(Ip, V4) {
  EXPECT_EQ(parse_ipv4("192.0.2.1"), (std::array<uint8_t, 4>{192, 0, 2, 1}));
  EXPECT_EQ(parse_ipv4("0.0.0.0"), (std::array<uint8_t, 4>{}));
  EXPECT_EQ(parse_ipv4("255.255.255.255"), (std::array<uint8_t, 4>{255, 255, 255, 255}));
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.04",
                           "01.2.3.4",
                           "1.2.3.",
                           ".1.2.3",
                           "1..2.3",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.-4",
                           "1.2.3.0x4",
                           "1.2.3.4a",
                           "1.2.3.1000",
                           "1.2.3.00",
                           "256.1.1.1",
                           "1.2.3.99999999999999999999",
                           "1,2,3,4"}) {
    EXPECT_FALSE(parse_ipv4(text)) << text;
  }
}

TEST(Ip, V6OfRfc4291) {
  for (const char* text :
       {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "2001:DB8:0:0:8:800:200C:417A", "2001:DB8::8:800:200C:417A",
        "FF01::101", "::1", "::", "0:0:0:0:0:0:13.1.68.3", "0:0:0:0:0:FFFF:129.144.52.38", "::13.1.68.3",
        "::FFFF:129.144.52.38", "2001:0DB8::CD30", "1::", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3::5:6:7:8",
        "1::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5::1.2.3.4", "fe80::0001"}) {
    std::array<uint8_t, 16> expected;
    ASSERT_EQ(inet_pton(AF_INET6, text, expected.data()), 1) << text;
    EXPECT_EQ(parse_ipv6(text), expected) << text;
  }
}

TEST(Ip, MalformedV6IsRefused) {
  for (const char* text : {"",
                           ":",
                           ":::",
                           "1",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:",
                           ":1:2:3:4:5:6:7",
                           "1::2::3",
                           ":1::",
                           "1:::2",
                           "12345::",
                           "g::",
                           "::1%eth0",
                           "::1%25eth0",
                           "[::1]",
                           "::1 ",
                           " ::1",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1.2.3",
                           "::1.2.3.4.5",
                           "::1.2.3.4:5",
                           "1.2.3.4",
                           "1.2.3.4::",
                           "::01.2.3.4",
                           "::-1",
                           "1:2:3:4::5:6:7:8",
                           "::2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7::8",
                           "::00001"}) {
    EXPECT_FALSE(parse_ipv6(text)) << text;
  }
}

// All short texts of the bytes that matter, against the C library.
TEST(Ip, EveryShortTextIsReadAsByTheCLibrary) {
  const std::string alphabet = ":1.a0f";
  for (size_t length = 0; length <= 7; length++) {
    std::vector<size_t> digits(length);
    while (true) {
      std::string text;
      for (size_t digit : digits) text.push_back(alphabet[digit]);
      std::array<uint8_t, 16> six = {};
      bool good = inet_pton(AF_INET6, text.c_str(), six.data()) == 1;
      auto parsed = parse_ipv6(text);
      ASSERT_EQ(parsed.has_value(), good) << text;
      if (good) {
        ASSERT_EQ(*parsed, six) << text;
      }
      size_t i = 0;
      while (i < length && ++digits[i] == alphabet.size()) digits[i++] = 0;
      if (i == length) break;
    }
  }
}

TEST(Ip, IsWrittenAsRfc5952Requires) {
  const std::pair<const char*, const char*> cases[] = {
      {"2001:0db8::0001", "2001:db8::1"},               // 4.1 leading zeros
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},        // 4.2.1
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, // 4.2.2 not for one group
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // 4.2.3 the longest
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // 4.2.3 the first of two
      {"2001:DB8:AAAA::ABCD", "2001:db8:aaaa::abcd"},   // 4.3 lower case
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"::ffff:192.0.2.1", "192.0.2.1"}, // of a client that came by IPv4
  };
  for (const auto& [text, expected] : cases) {
    auto address = parse_ipv6(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(written(*address), expected);
  }
}

TEST(Ip, WhatIsWrittenIsReadBack) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; i++) {
    IpAddress address;
    for (uint8_t& byte : address) byte = random() % 3 == 0 ? static_cast<uint8_t>(random()) : 0;
    std::string text = written(address);
    ASSERT_EQ(parse_ipv6(text), address) << text;
    char expected[64];
    inet_ntop(AF_INET6, address.data(), expected, sizeof expected);
    // The C library writes the old ::1.2.3.4 too, which RFC 5952 leaves open.
    if (std::strchr(expected, '.') == nullptr) {
      ASSERT_EQ(text, expected);
    }
  }
}

TEST(Ip, Mapped) {
  EXPECT_TRUE(is_mapped(mapped({1, 2, 3, 4})));
  EXPECT_EQ(written(mapped({1, 2, 3, 4})), "1.2.3.4");
  EXPECT_EQ(written(mapped({255, 255, 255, 255})), "255.255.255.255");
  EXPECT_FALSE(is_mapped({}));
}

} // namespace
} // namespace minhttp::test
