// SPDX-License-Identifier: MIT
#pragma once
// Blocks of addresses, "10.0.0.0/8" or "2001:db8::/32" (RFC 4632, RFC 4291 section 2.3), and lists of them that say
// which clients are admitted.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/ip.h"
#include "base/number.h"

namespace minhttp {

struct Cidr {
  IpAddress address = {}; // zero after its prefix
  uint8_t bits = 0;       // of all 128: 96 more than in the text of an IPv4 block
  bool v4 = false;
};

enum class CidrMistake : uint8_t {
  none,
  address, // what is before the slash is not an address
  bits,    // what is after it is not a number from 0 to 32, or to 128
  host     // bits after the prefix are set: a smaller block may have been meant
};

// The address with all bits zero after the first `bits`, 0 to 128.
constexpr IpAddress network_of(IpAddress address, uint32_t bits) {
  for (uint32_t i = 0; i < address.size(); i++) {
    uint32_t kept = bits > 8 * i ? bits - 8 * i : 0;
    if (kept < 8) address[i] &= static_cast<uint8_t>(0xff00U >> kept);
  }
  return address;
}

// The network that counts as one client: an IPv4 address, or a /64 of IPv6, which belongs to one customer.
constexpr IpAddress client_network(const IpAddress& address) {
  return network_of(address, is_mapped(address) ? 128 : 64);
}

// An address without a prefix is a block of one address. cidr is filled in if the result is none, and also if it is
// host: then with the block that the address lies in.
constexpr CidrMistake parse_cidr(std::string_view text, Cidr& cidr) {
  size_t slash = find(text, '/');
  std::string_view host = take(text, slash);
  IpAddress address = {};
  if (auto v4 = parse_ipv4(host)) {
    address = mapped(*v4);
  } else if (auto v6 = parse_ipv6(host)) {
    address = *v6;
  } else {
    return CidrMistake::address;
  }
  uint32_t bits = 128;
  bool short_form = find(host, ':') == host.size();
  if (slash < text.size()) {
    std::string_view digits = drop(text, slash + 1);
    auto number = parse_decimal(digits);
    if (!number || *number > (short_form ? 32 : 128) || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) {
      return CidrMistake::bits;
    }
    bits = static_cast<uint32_t>(*number) + (short_form ? 96 : 0);
  }
  cidr = {
      .address = network_of(address, bits), .bits = static_cast<uint8_t>(bits), .v4 = bits >= 96 && is_mapped(address)};
  return cidr.address == address ? CidrMistake::none : CidrMistake::host;
}

// An IPv6 block never contains an IPv4 address, although that is written ::ffff:a.b.c.d: "::/0" is all of IPv6.
constexpr bool contains(const Cidr& cidr, const IpAddress& address) {
  return is_mapped(address) == cidr.v4 && network_of(address, cidr.bits) == cidr.address;
}

struct AddressRule {
  Cidr block;
  bool allow = false;
};

// The first access rule that contains the address decides. If none does, the address is refused if any rule allows, and
// admitted if all rules only deny. There should be at most limits::address_rules_max rules.
constexpr bool admits(std::span<const AddressRule> rules, const IpAddress& address) {
  bool otherwise = true;
  for (const AddressRule& rule : rules) {
    if (contains(rule.block, address)) return rule.allow;
    if (rule.allow) otherwise = false;
  }
  return otherwise;
}

} // namespace minhttp
