// SPDX-License-Identifier: MIT
// tests/e2e/test_client_address.py has what is accepted and refused; this is every prefix of it.

#include "h1/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

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

} // namespace
} // namespace minhttp::test
