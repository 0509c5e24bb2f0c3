// SPDX-License-Identifier: MIT
// Headers of the PROXY protocol, byte by byte. tests/e2e/test_client_address.py sends some of them to a server.

#include "h1/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tables/limits.h"

namespace minhttp::test {
namespace {

using Kind = h1::ProxyHeader::Kind;

std::string v2(const std::string& values = {}) {
  std::string header("\r\n\r\n\0\r\nQUIT\n\x21\x11\0", 15);
  header += static_cast<char>(12 + values.size());
  return header + std::string("\xcb\0\x71\7\xc6\x33\x64\1\0\1\0\2", 12) + values;
}

TEST(ProxyProtocol, EveryPrefixOfAHeaderWaitsForTheRest) {
  for (const std::string& header :
       {v2(), v2(std::string("\4\0\1a", 4)), std::string("PROXY TCP4 203.0.113.7 198.51.100.1 1 2\r\n"),
        std::string("PROXY UNKNOWN\r\n")}) {
    for (size_t size = 0; size < header.size(); size++) {
      EXPECT_EQ(h1::parse_proxy_header({header.data(), size}).kind, Kind::more) << size;
    }
    h1::ProxyHeader whole = h1::parse_proxy_header(header + "GET /");
    EXPECT_EQ(whole.kind, Kind::done);
    EXPECT_EQ(whole.length, header.size());
  }
  EXPECT_EQ(h1::parse_proxy_header(v2()).client, mapped({203, 0, 113, 7}));
}

TEST(ProxyProtocol, TheFirstWrongByteIsRefused) {
  std::string header = v2();
  for (size_t i = 0; i < 14; i++) {
    std::string wrong = header.substr(0, i + 1);
    wrong[i] = static_cast<char>(wrong[i] ^ 0x44);
    wrong.resize(16, '\0');
    EXPECT_NE(h1::parse_proxy_header(wrong).kind, Kind::done) << i;
  }
  EXPECT_EQ(h1::parse_proxy_header("GET / HTTP/1.1\r\n").kind, Kind::refused);
  EXPECT_EQ(h1::parse_proxy_header("PROXX").kind, Kind::refused);
  EXPECT_EQ(h1::parse_proxy_header("PROXY " + std::string(101, 'x')).kind, Kind::refused) << "107 bytes without an end";
}

// What becomes of a line of version 1: the client, "none", or "refused".
std::string of_line(const std::string& line) {
  h1::ProxyHeader header = h1::parse_proxy_header(line + "\r\n");
  if (header.kind != Kind::done) return header.kind == Kind::more ? "more" : "refused";
  EXPECT_EQ(header.length, line.size() + 2) << line;
  if (!header.client) return "none";
  char text[64];
  Writer out(text);
  write_client(out, *header.client);
  return std::string(out.view());
}

TEST(ProxyProtocol, LinesOfVersion1) {
  EXPECT_EQ(of_line("PROXY TCP4 203.0.113.7 198.51.100.1 56324 443"), "203.0.113.7");
  EXPECT_EQ(of_line("PROXY TCP4 203.0.113.7 198.51.100.1 0 65535"), "203.0.113.7");
  EXPECT_EQ(of_line("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443"), "2001:db8::7");
  EXPECT_EQ(of_line("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2"), "203.0.113.7");
  EXPECT_EQ(of_line("PROXY UNKNOWN"), "none");
  EXPECT_EQ(of_line("PROXY UNKNOWN 203.0.113.7 198.51.100.1 1 2"), "none") << "the rest must be ignored";
  EXPECT_EQ(of_line("PROXY UNKNOWN \x01\xff nonsense"), "none");
}

TEST(ProxyProtocol, LinesThatVersion1DoesNotAllow) {
  for (const char* line : {"PROXY ",
                           "PROXY TCP4",
                           "PROXY TCP4 203.0.113.7",
                           "PROXY TCP4 203.0.113.7 198.51.100.1",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 ",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 2 ",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 2 3",
                           "PROXY TCP4 203.0.113.7 198.51.100.1  1 2",
                           "PROXY  TCP4 203.0.113.7 198.51.100.1 1 2",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 65536 2",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 65536",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 01 2",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 02",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 00",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 x 2",
                           "PROXY TCP4 203.0.113.7 198.51.100.1 1 -2",
                           "PROXY TCP4 203.0.113 198.51.100.1 1 2",
                           "PROXY TCP4 203.0.113.7 198.51.100.256 1 2",
                           "PROXY TCP4 2001:db8::7 2001:db8::1 1 2",
                           "PROXY TCP4 203.0.113.7 2001:db8::1 1 2",
                           "PROXY TCP6 203.0.113.7 198.51.100.1 1 2",
                           "PROXY TCP6 2001:db8::7 198.51.100.1 1 2",
                           "PROXY TCP6 2001:db8:::7 2001:db8::1 1 2",
                           "PROXY TCP6 2001:db8::7 2001:db8::1 65536 2",
                           "PROXY TCP5 2001:db8::7 2001:db8::1 1 2",
                           "PROXY tcp4 203.0.113.7 198.51.100.1 1 2",
                           "PROXY UNKNOWN2",
                           "PROXY unknown"}) {
    EXPECT_EQ(of_line(line), "refused") << line;
  }
}

// 107 bytes with the line's end, as the longest one that the specification shows.
TEST(ProxyProtocol, ALineHasABoundAndACrBeforeItsLf) {
  const std::string most = "PROXY UNKNOWN " + std::string(91, 'x');
  ASSERT_EQ(most.size() + 2, 107U);
  EXPECT_EQ(of_line(most), "none");
  EXPECT_EQ(of_line(most + "x"), "refused");
  EXPECT_EQ(h1::parse_proxy_header(most + "\r").kind, Kind::more);
  EXPECT_EQ(h1::parse_proxy_header(most + "x\r").kind, Kind::refused) << "without waiting for its end";
  EXPECT_EQ(h1::parse_proxy_header("PROXY UNKNOWN\n").kind, Kind::refused);
  EXPECT_EQ(h1::parse_proxy_header("PROXY \n").kind, Kind::refused);
  EXPECT_EQ(h1::parse_proxy_header("PROXY UNKNOWN\rx\n").kind, Kind::refused);
}

// Of version 2, with the length as it is.
std::string binary(unsigned command, unsigned family, const std::string& rest) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  for (size_t byte : {size_t{command}, size_t{family}, rest.size() >> 8, rest.size() & 255}) {
    header += static_cast<char>(byte);
  }
  return header + rest;
}

std::string of_binary(const std::string& header) {
  h1::ProxyHeader parsed = h1::parse_proxy_header(header + "GET / HTTP/1.1");
  if (parsed.kind != Kind::done) return parsed.kind == Kind::more ? "more" : "refused";
  EXPECT_EQ(parsed.length, header.size());
  if (!parsed.client) return "none";
  char text[64];
  Writer out(text);
  write_client(out, *parsed.client);
  return std::string(out.view());
}

const std::string v4_addresses("\xcb\0\x71\7\xc6\x33\x64\1\0\1\0\2", 12);
const std::string v6_addresses = "\x20\1\x0d\xb8" + std::string(11, 0) + "\7" + std::string(20, 'x');

TEST(ProxyProtocol, FamiliesOfVersion2) {
  EXPECT_EQ(of_binary(binary(0x21, 0x11, v4_addresses)), "203.0.113.7");
  EXPECT_EQ(of_binary(binary(0x21, 0x21, v6_addresses)), "2001:db8::7");
  EXPECT_EQ(of_binary(binary(0x21, 0x31, std::string(216, '/'))), "none") << "paths of unix sockets";
  EXPECT_EQ(of_binary(binary(0x21, 0x00, "")), "none") << "of no kind that the proxy knows";
  EXPECT_EQ(of_binary(binary(0x21, 0x10, v4_addresses)), "none") << "of no protocol that it knows";
  EXPECT_EQ(of_binary(binary(0x20, 0x00, "")), "none") << "its own";
  EXPECT_EQ(of_binary(binary(0x20, 0x11, v4_addresses)), "none") << "its own, whatever else it says";
  EXPECT_EQ(of_binary(binary(0x20, 0x00, "no values")), "none") << "what its own says is skipped";
}

TEST(ProxyProtocol, HeadersThatVersion2DoesNotAllow) {
  for (const std::string& header : {
           binary(0x22, 0x11, v4_addresses),           // a command that nobody knows
           binary(0x11, 0x11, v4_addresses),           // another version
           binary(0x21, 0x41, v4_addresses),           // a family that nobody knows
           binary(0x21, 0x13, v4_addresses),           // a protocol that nobody knows
           binary(0x21, 0x12, v4_addresses),           // datagrams
           binary(0x21, 0x11, v4_addresses.substr(1)), // too short for its family
           binary(0x21, 0x21, v6_addresses.substr(1)),
           binary(0x21, 0x31, std::string(215, '/')),
           binary(0x21, 0x21, v4_addresses),
           binary(0x21, 0x11, std::string(limits::proxy_header_max - 15, 'x')),
           binary(0x20, 0x11, std::string(limits::proxy_header_max - 15, 'x')),
           binary(0x20, 0x41, ""),
       }) {
    EXPECT_EQ(of_binary(header), "refused") << header.size();
  }
  std::string longest = binary(0x20, 0x00, std::string(limits::proxy_header_max - 16, 'x'));
  EXPECT_EQ(of_binary(longest), "none");
}

// RFC 3720 appendix B.4, from the polynomial.
uint32_t crc32c(const std::string& bytes) {
  uint32_t crc = UINT32_MAX;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
  }
  return ~crc;
}

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

TEST(ProxyProtocol, ValuesEndWithTheHeader) {
  auto with = [](const std::string& values) { return of_binary(binary(0x21, 0x11, v4_addresses + values)); };
  EXPECT_EQ(with(std::string("\4\0\0", 3)), "203.0.113.7") << "padding of nothing";
  EXPECT_EQ(with(std::string("\2\0\7a.b.com\5\0\1x", 14)), "203.0.113.7");
  EXPECT_EQ(with(std::string("\xea\1\0", 3) + std::string(256, 'x')), "203.0.113.7") << "two bytes of length";
  EXPECT_EQ(with("\4"), "refused");
  EXPECT_EQ(with(std::string("\4\0", 2)), "refused");
  EXPECT_EQ(with(std::string("\4\0\1", 3)), "refused");
  EXPECT_EQ(with(std::string("\4\0\1a\4\0\2a", 8)), "refused");
}

TEST(ProxyProtocol, AChecksumHasToBeRight) {
  ASSERT_EQ(crc32c("123456789"), 0xe3069283U);
  const std::string type("\3\0\4", 3);
  const std::string behind("\4\0\2ab", 5);
  std::string header = binary(0x21, 0x11, v4_addresses + type + std::string(4, 0) + behind);
  std::string sum = big_endian(crc32c(header));
  std::string good = header;
  good.replace(16 + 12 + 3, 4, sum);
  EXPECT_EQ(of_binary(good), "203.0.113.7");
  for (size_t i = 16; i < good.size(); i++) {
    if (i == 16 + 12) continue; // then it is no checksum any more
    std::string wrong = good;
    wrong[i] = static_cast<char>(wrong[i] ^ 0x80);
    EXPECT_EQ(of_binary(wrong), "refused") << i;
  }
  EXPECT_EQ(of_binary(binary(0x21, 0x11, v4_addresses + std::string("\3\0\3abc", 6))), "refused");
  EXPECT_EQ(of_binary(binary(0x21, 0x11, v4_addresses + std::string("\3\0\5abcde", 8))), "refused");
}

} // namespace
} // namespace minhttp::test
