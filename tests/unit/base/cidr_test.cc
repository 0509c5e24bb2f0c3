// SPDX-License-Identifier: MIT
#include "base/cidr.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace minhttp::test {
namespace {

IpAddress ip(std::string_view text) {
  if (auto v4 = parse_ipv4(text)) return mapped(*v4);
  auto v6 = parse_ipv6(text);
  EXPECT_TRUE(v6) << text;
  return v6.value_or(IpAddress{});
}

Cidr block(std::string_view text) {
  Cidr cidr;
  EXPECT_EQ(parse_cidr(text, cidr), CidrMistake::none) << text;
  return cidr;
}

TEST(Cidr, Contains) {
  struct {
    const char* block;
    const char* address;
    bool inside;
  } const cases[] = {
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "9.255.255.255", false},
      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
      {"10.0.0.0/8", "a00::", false},
      {"0.0.0.0/0", "255.1.2.3", true},
      {"0.0.0.0/0", "::1", false},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.0", false},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.2", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.255", true},
      {"128.0.0.0/1", "127.255.255.255", false},
      {"128.0.0.0/1", "128.0.0.0", true},
      {"::1", "::1", true},
      {"::1", "::2", false},
      {"::1/128", "::1", true},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::", false},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "::", true},
      {"::/0", "10.0.0.1", false},
      {"::/80", "10.0.0.1", false},
      {"::ffff:0:0/96", "10.0.0.1", true},
      {"::ffff:10.0.0.0/104", "10.9.9.9", true},
      {"::ffff:10.0.0.0/104", "11.9.9.9", false},
      {"::ffff:0:0/96", "::1", false},
      {"fe80::/10", "febf::1", true},
      {"fe80::/10", "fec0::1", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(contains(block(c.block), ip(c.address)), c.inside) << c.block << " " << c.address;
}

TEST(Cidr, Diagnostics) {
  const std::pair<const char*, CidrMistake> cases[] = {
      {"", CidrMistake::address},
      {"/8", CidrMistake::address},
      {"10.0.0/8", CidrMistake::address},
      {"10/8", CidrMistake::address},
      {"localhost", CidrMistake::address},
      {"10.0.0.256", CidrMistake::address},
      {"[::1]", CidrMistake::address},
      {"::1%lo", CidrMistake::address},
      {" 10.0.0.0/8", CidrMistake::address},
      {"10.0.0.0 /8", CidrMistake::address},
      {"10.0.0.0/", CidrMistake::bits},
      {"10.0.0.0/33", CidrMistake::bits},
      {"10.0.0.0/128", CidrMistake::bits},
      {"10.0.0.0/08", CidrMistake::bits},
      {"10.0.0.0/+8", CidrMistake::bits},
      {"10.0.0.0/-1", CidrMistake::bits},
      {"10.0.0.0/8 ", CidrMistake::bits},
      {"10.0.0.0/8/8", CidrMistake::bits},
      {"10.0.0.0/255.0.0.0", CidrMistake::bits},
      {"10.0.0.0/4294967304", CidrMistake::bits},
      {"10.0.0.0/99999999999999999999999", CidrMistake::bits},
      {"::/129", CidrMistake::bits},
      {"::/256", CidrMistake::bits},
      {"::/0128", CidrMistake::bits},
      {"10.0.0.1/8", CidrMistake::host},
      {"10.0.0.1/31", CidrMistake::host},
      {"0.0.0.1/0", CidrMistake::host},
      {"192.0.2.64/25", CidrMistake::host},
      {"2001:db8::1/32", CidrMistake::host},
      {"::1/127", CidrMistake::host},
      {"::ffff:10.0.0.0/8", CidrMistake::host},
  };
  for (auto [text, mistake] : cases) {
    Cidr cidr;
    EXPECT_EQ(parse_cidr(text, cidr), mistake) << text;
  }
  Cidr meant;
  EXPECT_EQ(parse_cidr("10.1.2.3/8", meant), CidrMistake::host);
  EXPECT_EQ(meant.address, ip("10.0.0.0")) << "so that a message can propose it";
}

// Bit by bit, for every prefix.
TEST(Cidr, ContainsAgreesWithABitByBitComparison) {
  std::mt19937 random(8);
  auto bit = [](const IpAddress& address, uint32_t i) { return address[i / 8] >> (7 - i % 8) & 1; };
  for (uint32_t bits = 0; bits <= 128; bits++) {
    for (int i = 0; i < 50; i++) {
      IpAddress a;
      for (uint8_t& byte : a) byte = static_cast<uint8_t>(random());
      IpAddress b = a;
      if (auto differs = static_cast<uint32_t>(random() % 128); i > 0) {
        b[differs / 8] ^= static_cast<uint8_t>(0x80 >> differs % 8);
      }
      bool inside = true;
      for (uint32_t k = 0; k < bits; k++) inside = inside && bit(a, k) == bit(b, k);
      Cidr cidr = {.address = network_of(a, bits), .bits = static_cast<uint8_t>(bits), .v4 = false};
      ASSERT_EQ(contains(cidr, b), inside) << bits;
    }
  }
}

struct List {
  std::vector<AddressRule> rules;
  List& allow(const char* text) {
    rules.push_back({block(text), true});
    return *this;
  }
  List& deny(const char* text) {
    rules.push_back({block(text), false});
    return *this;
  }
  bool admits(const char* address) const { return minhttp::admits(rules, ip(address)); }
};

TEST(AddressRules, TheFirstMatchingRuleDecides) {
  List list;
  list.deny("10.0.0.5").allow("10.0.0.0/8").deny("10.1.0.0/16");
  EXPECT_FALSE(list.admits("10.0.0.5"));
  EXPECT_TRUE(list.admits("10.0.0.6"));
  EXPECT_TRUE(list.admits("10.1.0.1")) << "allowed before it was denied";
  EXPECT_FALSE(list.admits("192.0.2.1")) << "nobody else";
}

TEST(AddressRules, WithoutAMatchAllowRulesDecide) {
  EXPECT_TRUE(List().admits("192.0.2.1"));
  EXPECT_TRUE(List().deny("10.0.0.0/8").admits("192.0.2.1"));
  EXPECT_FALSE(List().allow("10.0.0.0/8").admits("192.0.2.1"));
  EXPECT_FALSE(List().deny("10.0.0.0/8").allow("::1").admits("192.0.2.1")) << "the order does not matter for this";
  EXPECT_FALSE(List().allow("0.0.0.0/0").admits("::1"));
  EXPECT_TRUE(List().deny("::/0").admits("192.0.2.1"));
}

} // namespace
} // namespace minhttp::test
