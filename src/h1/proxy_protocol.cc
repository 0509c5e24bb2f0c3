// SPDX-License-Identifier: MIT
#include "h1/proxy_protocol.h"

#include "base/bytes.h"
#include "base/number.h"
#include "tables/limits.h"

namespace minhttp::h1 {
namespace {

using Text = std::string_view;
using Kind = ProxyHeader::Kind;

constexpr char v1_prefix[] = "PROXY ";
constexpr size_t v1_max = 107; // with its CR LF
constexpr char v2_signature[] = "\r\n\r\n\0\r\nQUIT\n";
constexpr size_t v2_fixed = 16;

bool is_port(Text text) {
  auto port = parse_decimal(text);
  return port && *port <= 65535 && (text.size() == 1 || text[0] != '0');
}

// "TCP4 192.0.2.1 198.51.100.1 56324 443", without the prefix.
ProxyHeader parse_v1_line(Text line, size_t length) {
  ProxyHeader header = {.kind = Kind::done, .length = length, .client = {}};
  Text family = take_until(line, ' ');
  if (equal(family, "UNKNOWN")) return header; // whatever follows
  Text source = take_until(line, ' ');
  Text target = take_until(line, ' ');
  Text source_port = take_until(line, ' ');
  bool good = is_port(source_port) && is_port(line);
  if (equal(family, "TCP4")) {
    auto from = parse_ipv4(source);
    good = good && from && parse_ipv4(target);
    if (good) header.client = mapped(*from);
  } else {
    auto from = parse_ipv6(source);
    good = good && equal(family, "TCP6") && from && parse_ipv6(target);
    if (good) header.client = *from;
  }
  return good ? header : ProxyHeader{};
}

ProxyHeader parse_v1(Text input) {
  size_t end = find(input, '\n');
  if (end == input.size())
    return {.kind = input.size() < v1_max ? Kind::more : Kind::refused, .length = 0, .client = {}};
  if (end >= v1_max || input[end - 1] != '\r') return {};
  return parse_v1_line(drop(take(input, end - 1), sizeof v1_prefix - 1), end + 1);
}

uint32_t byte_at(Text text, size_t at) { return static_cast<uint8_t>(text[at]); }

// CRC-32C (RFC 3720 appendix B.4) of the header, with the four bytes of the checksum as zeros.
uint32_t checksum(Text header, size_t skipped) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < header.size(); i++) {
    crc ^= i - skipped < 4 ? 0 : byte_at(header, i);
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f6'3b78U : 0);
  }
  return ~crc;
}

// The list of types, lengths and values that begins at `at` has to end with the header. Of what they say, only a
// checksum matters here.
bool check_values(Text header, size_t at) {
  constexpr uint32_t type_crc32c = 3;
  while (at < header.size()) {
    if (header.size() - at < 3) return false;
    uint32_t type = byte_at(header, at);
    size_t length = byte_at(header, at + 1) << 8 | byte_at(header, at + 2);
    at += 3;
    if (header.size() - at < length) return false;
    if (type == type_crc32c) {
      if (length != 4) return false;
      uint32_t said = byte_at(header, at) << 24 | byte_at(header, at + 1) << 16 | byte_at(header, at + 2) << 8 |
                      byte_at(header, at + 3);
      if (said != checksum(header, at)) return false;
    }
    at += length;
  }
  return true;
}

ProxyHeader parse_v2(Text input) {
  if (input.size() < v2_fixed) return {.kind = Kind::more, .length = 0, .client = {}};
  uint32_t command = byte_at(input, 12);
  uint32_t family = byte_at(input, 13) >> 4; // 0 none, 1 IPv4, 2 IPv6, 3 Unix
  uint32_t protocol = byte_at(input, 13) & 15;
  size_t length = v2_fixed + (byte_at(input, 14) << 8 | byte_at(input, 15));
  bool local = command == 0x20;
  if ((!local && command != 0x21) || family > 3 || protocol > 2 || length > limits::proxy_header_max) return {};
  if (input.size() < length) return {.kind = Kind::more, .length = 0, .client = {}};
  ProxyHeader header = {.kind = Kind::done, .length = length, .client = {}};
  if (local) return header; // the proxy itself asks: a health check
  constexpr size_t address_bytes[] = {0, 12, 36, 216};
  size_t values = v2_fixed + address_bytes[family];
  Text whole = take(input, length);
  if (values > length || protocol == 2 || !check_values(whole, values)) return {};
  if (protocol == 0) return header;
  if (family == 1) {
    std::array<uint8_t, 4> v4 = {};
    __builtin_memcpy(v4.data(), whole.data() + v2_fixed, v4.size());
    header.client = mapped(v4);
  } else if (family == 2) {
    IpAddress v6 = {};
    __builtin_memcpy(v6.data(), whole.data() + v2_fixed, v6.size());
    header.client = v6;
  }
  return header;
}

// Whether input is the beginning of whole, or goes on behind it.
bool begins(Text input, Text whole) {
  size_t size = input.size() < whole.size() ? input.size() : whole.size();
  return equal(take(input, size), take(whole, size));
}

} // namespace

ProxyHeader parse_proxy_header(Text input) {
  constexpr size_t signature = sizeof v2_signature - 1;
  if (begins(input, {v2_signature, signature})) {
    if (input.size() >= signature) return parse_v2(input);
    return {.kind = Kind::more, .length = 0, .client = {}};
  }
  if (!begins(input, {v1_prefix, sizeof v1_prefix - 1})) return {};
  return parse_v1(input);
}

} // namespace minhttp::h1
