// SPDX-License-Identifier: MIT
// Connections whose first bytes are a header of the PROXY protocol. Without one there is nobody to answer.

#include <gtest/gtest.h>

#include <string>

#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::ListenerKind;
using conn::Timer;

constexpr IpAddress proxy = mapped({10, 0, 0, 1});
constexpr std::string_view header = "PROXY TCP4 203.0.113.5 10.0.0.9 4000 80\r\n";

struct Proxied : SmallSite {
  Proxied() { EXPECT_EQ(parse_cidr("10.0.0.0/8", block), CidrMistake::none); }
  Plan plan() {
    Plan made = SmallSite::plan();
    made.client = {.name = "x-forwarded-for", .trusted = {.blocks = {&block, 1}, .unix_peers = false}};
    made.log = conn::LogFormat::common;
    return made;
  }
  static std::string first_word(const std::string& log) { return log.substr(0, log.find(' ')); }
  // Nothing is said, and nothing is kept.
  static void expect_silent_end(TestServer& house, const Client& client) {
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(client.output(), "");
    EXPECT_EQ(house.log(), "");
    EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
  }

  Cidr block;
};

TEST_F(Proxied, TheHeaderNamesTheClient) {
  TestServer house(plan());
  Client client(house, 0, proxy, ListenerKind::proxied);
  client.send(std::string(header) + std::string(get_file));
  EXPECT_TRUE(ends(client.output(), contents));
  client.send(get_file);
  EXPECT_EQ(count(house.log(), "203.0.113.5 - - ["), 2U) << "for all requests of the connection";
}

TEST_F(Proxied, AHeaderMayComeInPieces) {
  TestServer house(plan());
  Client client(house, 0, proxy, ListenerKind::proxied);
  for (char c : header) {
    client.send(std::string(1, c));
    EXPECT_EQ(client.output(), "");
    EXPECT_FALSE(client.closed());
  }
  client.send(get_file);
  EXPECT_TRUE(ends(client.output(), contents));
  EXPECT_EQ(first_word(house.log()), "203.0.113.5");
}

TEST_F(Proxied, OnlyTrustedProxiesMaySendOne) {
  TestServer house(plan());
  Client client(house, 0, mapped({192, 0, 2, 7}), ListenerKind::proxied);
  client.send(std::string(header) + std::string(get_file));
  expect_silent_end(house, client);
}

TEST_F(Proxied, WhatIsNoHeaderEndsTheConnection) {
  TestServer house(plan());
  for (std::string_view first : {get_file, std::string_view("PROXY TCP4 nobody\r\n"), std::string_view("\r\n")}) {
    Client client(house, 0, proxy, ListenerKind::proxied);
    client.send(first);
    if (first == "\r\n") client.send(get_file); // the beginning of version 2, until then
    expect_silent_end(house, client);
  }
}

TEST_F(Proxied, AHeaderThatStaysIncompleteEndsWithoutAWord) {
  for (bool leaves : {true, false}) {
    for (size_t size : {size_t{0}, size_t{1}, header.size() - 1}) {
      TestServer house(plan());
      Client client(house, 0, proxy, ListenerKind::proxied);
      client.send(header.substr(0, size));
      EXPECT_EQ(client.timer(), size == 0 ? Timer::first : Timer::head);
      if (leaves) {
        client.half_close();
      } else {
        client.timeout();
      }
      expect_silent_end(house, client);
    }
  }
}

// What a request says of its client counts only where the proxy has named one.
TEST_F(Proxied, AProxyThatNamesNobodyIsTheClient) {
  TestServer house(plan());
  std::string request = "GET /file.txt HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
  Client client(house, 0, proxy, ListenerKind::proxied);
  client.send("PROXY UNKNOWN\r\n" + request);
  EXPECT_TRUE(ends(client.output(), contents));
  EXPECT_EQ(first_word(house.log()), "10.0.0.1");
}

TEST_F(Proxied, BehindTheHeaderEverythingIsAsWithoutIt) {
  TestServer house(plan());
  Client client(house, 0, proxy, ListenerKind::proxied);
  client.send(std::string(header) + "GET /fi");
  EXPECT_EQ(client.timer(), Timer::head);
  client.timeout();
  EXPECT_TRUE(begins(client.output(), "HTTP/1.1 408 ")) << "now there is somebody to answer";
  EXPECT_EQ(first_word(house.log()), "203.0.113.5");
}

} // namespace
} // namespace minhttp::test
