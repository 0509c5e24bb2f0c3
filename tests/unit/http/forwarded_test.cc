// SPDX-License-Identifier: MIT
#include "http/forwarded.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tables/limits.h"
#include "unit/guard.h"
#include "unit/serve/expect_cost.h"

namespace minhttp::test {
namespace {

constexpr IpAddress proxy = mapped({10, 0, 0, 1});

std::string text_of(const IpAddress& address) {
  char text[64];
  Writer out(text);
  write_client(out, address);
  return std::string(out.view());
}

// 10.0.0.0/8 and 2001:db8:ffff::/48 are trusted, and peers at unix sockets.
IpAddress find_client(std::string_view fields, std::string_view name) {
  std::array<Cidr, 2> blocks = {};
  EXPECT_EQ(parse_cidr("10.0.0.0/8", blocks[0]), CidrMistake::none);
  EXPECT_EQ(parse_cidr("2001:db8:ffff::/48", blocks[1]), CidrMistake::none);
  return http::forwarded_client(fields, name, {.blocks = blocks, .unix_peers = true}, proxy);
}

std::string client_in(const std::string& fields, std::string_view name) { return text_of(find_client(fields, name)); }

std::string x_forwarded_for(const std::string& value) {
  return client_in("Host: a\r\nX-Forwarded-For: " + value + "\r\nAccept: */*\r\n", "x-forwarded-for");
}

std::string forwarded(const std::string& value) {
  return client_in("Host: a\r\nForwarded: " + value + "\r\nAccept: */*\r\n", "forwarded");
}

TEST(ForwardedClient, IsTheLastOneThatNoTrustedProxyIs) {
  EXPECT_EQ(x_forwarded_for("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(x_forwarded_for("6.6.6.6, 192.0.2.1"), "192.0.2.1") << "the client wrote the first one itself";
  EXPECT_EQ(x_forwarded_for("6.6.6.6, 192.0.2.1, 10.0.0.2,10.0.0.3"), "192.0.2.1");
  EXPECT_EQ(x_forwarded_for("2001:db8::1, 2001:db8:ffff::9"), "2001:db8::1");
  EXPECT_EQ(x_forwarded_for("10.0.0.3,10.0.0.2"), "10.0.0.3") << "all are trusted: the farthest";
  EXPECT_EQ(x_forwarded_for("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(ForwardedClient, WithoutTheFieldItIsTheProxy) {
  EXPECT_EQ(client_in("", "x-forwarded-for"), "10.0.0.1");
  EXPECT_EQ(client_in("Host: a\r\n", "x-forwarded-for"), "10.0.0.1");
  EXPECT_EQ(x_forwarded_for(""), "10.0.0.1");
  EXPECT_EQ(x_forwarded_for(" , ,,"), "10.0.0.1");
  EXPECT_EQ(client_in("X-Forwarded-For2: 1.1.1.1\r\nX-Forwarded-Fo: 1.1.1.1\r\n", "x-forwarded-for"), "10.0.0.1");
  EXPECT_EQ(client_in("Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n", "x-real-ip"), "10.0.0.1");
}

TEST(ForwardedClient, OnlyTheNamedFieldCounts) {
  std::string both = "Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nx-real-ip: 3.3.3.3\r\n";
  EXPECT_EQ(client_in(both, "forwarded"), "1.1.1.1");
  EXPECT_EQ(client_in(both, "x-forwarded-for"), "2.2.2.2");
  EXPECT_EQ(client_in(both, "x-real-ip"), "3.3.3.3");
}

TEST(ForwardedClient, LinesAreOneList) {
  EXPECT_EQ(client_in("X-Forwarded-For: 6.6.6.6\r\nHost: a\r\nx-forwarded-for: 192.0.2.1\r\nA: b\r\n"
                      "X-FORWARDED-FOR: 10.0.0.2, 10.0.0.3\r\n",
                      "x-forwarded-for"),
            "192.0.2.1");
  EXPECT_EQ(client_in("Forwarded: for=6.6.6.6\r\nForwarded: for=10.0.0.9\r\n", "forwarded"), "6.6.6.6");
}

TEST(ForwardedClient, AnythingElseEndsTheWalk) {
  for (const char* nonsense : {"unknown",
                               "_hidden",
                               "1.2.3",
                               "1.2.3.4.5",
                               "01.2.3.4",
                               "::",
                               "[::]",
                               "fe80::1%eth0",
                               "[2001:db8::1",
                               "1.2.3.4:",
                               "1.2.3.4:x",
                               "1.2.3.4:65536",
                               "[2001:db8::1]x",
                               "[2001:db8::1]:",
                               "\"1.2.3.4\"",
                               "1.2.3.4 5.6.7.8",
                               "a\tb",
                               "[1.2.3.4]",
                               ":",
                               "[]"}) {
    EXPECT_EQ(x_forwarded_for(std::string("6.6.6.6, ") + nonsense), "10.0.0.1") << nonsense;
    EXPECT_EQ(x_forwarded_for(std::string("6.6.6.6, ") + nonsense + ", 10.0.0.7"), "10.0.0.7") << nonsense;
  }
}

TEST(ForwardedClient, PortsAreDropped) {
  EXPECT_EQ(x_forwarded_for("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(x_forwarded_for("[2001:db8::1]:4711"), "2001:db8::1");
  EXPECT_EQ(x_forwarded_for("[2001:db8::1]"), "2001:db8::1");
}

TEST(ForwardedClient, OfRfc7239) {
  EXPECT_EQ(forwarded("for=192.0.2.43"), "192.0.2.43");
  EXPECT_EQ(forwarded("For=192.0.2.43, for=198.51.100.17;by=203.0.113.60;proto=http;host=example.com"),
            "198.51.100.17");
  EXPECT_EQ(forwarded("for=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
  EXPECT_EQ(forwarded("proto=http;FOR=\"192.0.2.43:47011\";by=_b"), "192.0.2.43");
  EXPECT_EQ(forwarded("for=6.6.6.6, for=192.0.2.43 ; proto=http;, for=10.0.0.2"), "192.0.2.43");
  EXPECT_EQ(forwarded("for=192.0.2.43;host=\"a,b;c\\\"d\", for=10.0.0.2"), "192.0.2.43");
}

TEST(ForwardedClient, OfRfc7239EndsWithWhatIsNoAddress) {
  for (const char* element : {"for=unknown",
                              "for=_gazonk",
                              "for=\"_gazonk:80\"",
                              "proto=http",
                              "for",
                              "for=",
                              "=1.2.3.4",
                              "1.2.3.4",
                              "for=1.2.3.4;for=5.6.7.8",
                              "for=[2001:db8::1]",
                              "for=\"2001:db8::1\"",
                              "for=1.2.3.4:80",
                              "for=\"1.2.3.4",
                              "for=\"1.2.3.4\"x",
                              "for =1.2.3.4",
                              "for= 1.2.3.4",
                              "for=1.2.3.4;proto",
                              "for=1.2.3.4 proto=http",
                              "for=\"[::]\"",
                              "for=\"\"",
                              "for=\"\\1.2.3.4\"",
                              "for=1.2.3.4;;proto=http"}) {
    EXPECT_EQ(forwarded(std::string("for=6.6.6.6, ") + element), "10.0.0.1") << element;
    EXPECT_EQ(forwarded(std::string("for=6.6.6.6, ") + element + ", for=10.0.0.7"), "10.0.0.7") << element;
  }
}

// Whatever the client sends: what the proxy appends behind it is found, on the same line and on one of its own.
TEST(ForwardedClient, TheClientsOwnTextHidesNothing) {
  for (const char* sent : {"\"", "for=\"", "for=6.6.6.6;x=\"", "\\", "\"\\\"", "for=\"\\", ",,\"", "\"a\\\\\"b\"",
                           "for=6.6.6.6;host=\"a", "unknown", ";;", "for=\"[2001:db8::6]"}) {
    for (const char* appended :
         {"for=192.0.2.43", "for=\"192.0.2.43:80\";proto=http", "host=\"a, b\";for=192.0.2.43"}) {
      EXPECT_EQ(forwarded(std::string(sent) + ", " + appended), "192.0.2.43") << sent << appended;
      EXPECT_EQ(forwarded(std::string(sent) + "\r\nForwarded: " + appended), "192.0.2.43") << sent << appended;
      EXPECT_EQ(forwarded(std::string(sent) + ", " + appended + ", for=10.0.0.2"), "192.0.2.43") << sent << appended;
    }
    EXPECT_EQ(x_forwarded_for(std::string(sent) + ", 192.0.2.43"), "192.0.2.43") << sent;
  }
}

// A quoted string may hold anything, escaped; one without its end may not.
TEST(ForwardedClient, QuotesOfRfc7239) {
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\"a\\\\\""), "192.0.2.43") << "ends with a backslash";
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\"\\\"\""), "192.0.2.43") << "is a quote";
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\"\""), "192.0.2.43");
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\"a\\\""), "10.0.0.1") << "its last quote is escaped";
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\"a\\"), "10.0.0.1") << "nothing is behind its backslash";
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\"a"), "10.0.0.1");
  EXPECT_EQ(forwarded("for=192.0.2.43;by=\""), "10.0.0.1");
  EXPECT_EQ(client_in("Forwarded:\\\"\r\n", "forwarded"), "10.0.0.1") << "backslashes from the beginning on";
  EXPECT_EQ(client_in("Forwarded:\\\", for=192.0.2.43\r\n", "forwarded"), "192.0.2.43");
}

TEST(ForwardedClient, LooksAtSoManyProxiesOnly) {
  std::string list = "6.6.6.6";
  for (size_t i = 1; i < limits::forwarded_max; i++) list += ", 10.0.0." + std::to_string(i);
  EXPECT_EQ(x_forwarded_for(list), "6.6.6.6");
  EXPECT_EQ(x_forwarded_for(list + ", 10.1.1.1"), "10.0.0.1");
  std::string thousand;
  for (int i = 0; i < 1000; i++) thousand += "10.0.0.1,";
  EXPECT_EQ(x_forwarded_for("6.6.6.6," + thousand), "10.0.0.1");
  EXPECT_EQ(x_forwarded_for(thousand + "6.6.6.6"), "6.6.6.6");
}

TEST(ForwardedClient, EveryPrefixOfAHead) {
  Guard guard(1000);
  std::string fields = "A: b\r\nForwarded: for=6.6.6.6, for=\"[2001:db8::1]:80\";host=\"x\\\"y\", for=10.0.0.2\r\n";
  for (std::string_view name : {"forwarded", "x-forwarded-for"}) {
    for (size_t size = 0; size < fields.size(); size++) {
      std::string head = "Forwarded: " + fields.substr(0, size);
      for (char& c : head) c = c == '\r' || c == '\n' ? ' ' : c;
      (void)find_client(guard.at_end(head + "\r\n"), name);
    }
  }
}

TEST(ForwardedClient, CostsWhatItsFieldsAreLong) {
  for (const char* piece : {"10.0.0.1,", ",", "\"", "\\\"", "\\", "for=\"10.0.0.1\",", "=", ";", "a:", "[", " "}) {
    std::string value;
    while (value.size() < 16'000) value += piece;
    Cost cost;
    (void)x_forwarded_for(value);
    (void)forwarded(value);
    EXPECT_TRUE(within_bound("the field that names the client", 2 * value.size(), 2 * bound::forwarded(value.size())))
        << piece;
  }
}

} // namespace
} // namespace minhttp::test
