// SPDX-License-Identifier: MIT
#pragma once
// Reads and writes IP addresses.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/number.h"

namespace minhttp {

// Dotted decimal, four parts without leading zeros (RFC 3986 section 3.2.2), network order.
constexpr std::optional<std::array<uint8_t, 4>> parse_ipv4(std::string_view text) {
  std::array<uint8_t, 4> address = {};
  for (size_t i = 0; i < 4; i++) {
    size_t dot = find(text, '.');
    if ((dot == text.size()) != (i == 3)) return {};
    std::string_view part = take(text, dot);
    auto value = parse_decimal(part);
    if (!value || *value > 255 || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return {};
    address[i] = static_cast<uint8_t>(*value);
    text = drop(text, i < 3 ? dot + 1 : dot);
  }
  return address;
}

// RFC 4291 section 2.2: eight groups, at most one "::", the last two groups in IPv4 form or not; no zone. Network
// order.
constexpr std::optional<std::array<uint8_t, 16>> parse_ipv6(std::string_view text) {
  std::array<uint8_t, 16> address = {};
  size_t groups = 0;
  size_t gap = SIZE_MAX; // the number of groups before "::"
  if (starts_with(text, "::")) {
    gap = 0;
    text = drop(text, 2);
  }
  while (!text.empty()) {
    if (groups == 8) return {};
    size_t colon = find(text, ':');
    std::string_view part = take(text, colon);
    if (find(part, '.') < part.size()) {
      auto v4 = parse_ipv4(part);
      if (!v4 || groups > 6 || colon != text.size()) return {};
      for (size_t i = 0; i < 4; i++) address[2 * groups + i] = (*v4)[i];
      groups += 2;
      break;
    }
    auto value = parse_hex(part);
    if (!value || part.size() > 4) return {};
    address[2 * groups] = static_cast<uint8_t>(*value >> 8);
    address[2 * groups + 1] = static_cast<uint8_t>(*value);
    groups++;
    text = drop(text, colon);
    if (text.empty()) break;
    text = drop(text, 1);
    if (text.empty()) return {}; // a single colon at the end
    if (text[0] == ':') {
      if (gap != SIZE_MAX) return {};
      gap = groups;
      text = drop(text, 1);
    }
  }
  if (gap == SIZE_MAX) return groups == 8 ? std::optional(address) : std::nullopt;
  if (groups == 8) return {}; // "::" must replace at least one group
  size_t missing = 2 * (8 - groups);
  for (size_t i = 2 * groups; i-- > 2 * gap;) {
    address[i + missing] = address[i];
    address[i] = 0;
  }
  return address;
}

// An address as 16 bytes; IPv4 is ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
using IpAddress = std::array<uint8_t, 16>;

constexpr IpAddress mapped(const std::array<uint8_t, 4>& v4) {
  IpAddress address = {};
  address[10] = address[11] = 0xff;
  for (size_t i = 0; i < 4; i++) address[12 + i] = v4[i];
  return address;
}

constexpr bool is_mapped(const IpAddress& address) {
  for (size_t i = 0; i < 12; i++) {
    if (address[i] != (i < 10 ? 0 : 0xff)) return false;
  }
  return true;
}

// The address of a peer at a Unix socket, which has none: all zero. No TCP peer has it, and none that a proxy names.
constexpr bool is_unix_peer(const IpAddress& address) { return address == IpAddress{}; }

constexpr size_t ip_text_max = 39;

// In the form of RFC 5952: the longest run of zero groups as "::".
inline void write_ip(Writer& out, const IpAddress& address) {
  if (is_mapped(address)) {
    for (size_t i = 12; i < 16; i++) {
      out.decimal(address[i]);
      if (i < 15) out.byte('.');
    }
    return;
  }
  std::array<uint32_t, 8> groups = {};
  for (size_t i = 0; i < 8; i++) groups[i] = static_cast<uint32_t>(address[2 * i] << 8 | address[2 * i + 1]);
  size_t best = 8;
  size_t best_size = 1; // a single zero group is not shortened
  for (size_t i = 0; i < 8; i++) {
    size_t size = 0;
    while (i + size < 8 && groups[i + size] == 0) size++;
    if (size > best_size) {
      best = i;
      best_size = size;
    }
  }
  for (size_t i = 0; i < 8; i++) {
    if (i == best) {
      out.text("::");
      i += best_size - 1;
      continue;
    }
    if (i > 0 && i != best + best_size) out.byte(':');
    out.hex(groups[i]);
  }
}

// As nginx: "unix:" where there is no address.
inline void write_client(Writer& out, const IpAddress& address) {
  if (is_unix_peer(address)) {
    out.text("unix:");
  } else {
    write_ip(out, address);
  }
}

// 127.0.0.0/8 or ::1: only this machine reaches it.
constexpr bool is_loopback(const IpAddress& ip) {
  if (is_mapped(ip)) return ip[12] == 127;
  for (size_t i = 0; i < 15; i++) {
    if (ip[i] != 0) return false;
  }
  return ip[15] == 1;
}

} // namespace minhttp
