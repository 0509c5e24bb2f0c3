// SPDX-License-Identifier: MIT
// What each client may do, also behind proxies. The clock of these servers stands still.

#include "conn/admission.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "unit/conn/h2_client.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::ListenerKind;

constexpr IpAddress proxy = mapped({10, 0, 0, 1});
constexpr IpAddress stranger = mapped({192, 0, 2, 7});
constexpr IpAddress another_stranger = mapped({192, 0, 2, 8});
constexpr std::string_view ok = "HTTP/1.1 200 OK";
constexpr std::string_view too_many = "HTTP/1.1 429 Too Many Requests";

std::string get_for(const std::string& client) {
  return "GET /file.txt HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + client + "\r\n\r\n";
}

std::string refusal(const TestServer& house) {
  return text_answer(house, "429 Too Many Requests", "Retry-After: 1\r\nConnection: close\r\n");
}

struct Admission : SmallSite {
  Admission() { EXPECT_EQ(parse_cidr("10.0.0.0/8", block), CidrMistake::none); }
  // rate, connections: 0: no limit. As of a new server: all buckets are full, and nobody is connected.
  Plan limited(uint32_t rate, uint32_t connections) {
    Plan made = SmallSite::plan();
    made.client = {.name = "x-forwarded-for", .trusted = {.blocks = {&block, 1}, .unix_peers = true}};
    made.log = conn::LogFormat::common;
    buckets = std::vector<conn::ClientLimits::Bucket>(rate > 0 ? 64 : 0);
    counts = std::vector<SharedLong>(connections > 0 ? 64 : 0);
    seats = std::vector<SharedWord>(2);
    owned = std::vector<uint16_t>(seats.size() * counts.size());
    limits.emplace(conn::ClientLimits::Tables{.buckets = buckets, .counts = counts, .seats = seats, .owned = owned},
                   SipKey{1, 2}, rate, connections);
    made.client_limits = &*limits;
    return made;
  }
  // "203.0.113.5 200; ...": the client and the status of each line of the log.
  static std::string logged(TestServer& house) {
    std::string all = house.log();
    std::string said;
    for (size_t at = 0; at < all.size();) {
      size_t end = all.find('\n', at);
      if (end == all.npos) break;
      std::string line = all.substr(at, end - at);
      said += (said.empty() ? "" : "; ") + line.substr(0, line.find(' ')) + " " + line.substr(line.rfind('"') + 2, 3);
      at = end + 1;
    }
    return said;
  }

  Cidr block;
  std::vector<conn::ClientLimits::Bucket> buckets;
  std::vector<SharedLong> counts;
  std::vector<SharedWord> seats;
  std::vector<uint16_t> owned;
  std::optional<conn::ClientLimits> limits;
};

TEST_F(Admission, TheRateOfAClientIsLimitedAlsoWhereResponsesAreReplayed) {
  for (uint32_t cache_files : {0U, 16U}) {
    Plan plan = limited(1, 0);
    plan.cache_files = cache_files;
    TestServer house(plan);
    Client client(house, 0, stranger);
    for (int i = 0; i < 10; i++) client.send(get_file);
    EXPECT_EQ(count(client.output(), ok), 10U);
    EXPECT_EQ(house.server().limit_refusals.due_ms(), INT64_MAX);
    client.send(get_file);
    EXPECT_EQ(count(client.output(), ok), 10U);
    EXPECT_TRUE(ends(client.output(), refusal(house)));
    EXPECT_TRUE(client.shut());
    EXPECT_NE(house.server().limit_refusals.due_ms(), INT64_MAX);
    Client other(house, 1, another_stranger);
    other.send(get_file);
    EXPECT_TRUE(begins(other.output(), ok));
  }
}

TEST_F(Admission, TokensComeBackWithTime) {
  TestServer house(limited(1, 0));
  int64_t now_ms = house.server().context.clock.now_ms();
  for (int i = 0; i < 10; i++) EXPECT_TRUE(conn::takes_token(house.server(), stranger));
  EXPECT_FALSE(conn::takes_token(house.server(), stranger));
  EXPECT_FALSE(limits->take_request(stranger, now_ms + 999));
  EXPECT_TRUE(limits->take_request(stranger, now_ms + 1'000));
}

TEST_F(Admission, ARequestWithABodyIsRefusedBeforeItsBody) {
  TestServer house(limited(1, 0));
  while (conn::takes_token(house.server(), stranger)) {
  }
  Client client(house, 0, stranger);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  EXPECT_TRUE(begins(client.output(), too_many));
}

TEST_F(Admission, AHealthCheckCostsNothing) {
  Plan plan = limited(1, 0);
  plan.options.health = "/healthz";
  TestServer house(plan);
  Client client(house, 0, stranger);
  for (int i = 0; i < 10; i++) client.send(get_file);
  for (int i = 0; i < 20; i++) client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(client.output(), ok), 30U);
  client.send("POST /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(client.output(), too_many), 1U) << "that is none";
}

// Those who look after the server ask it when it is busy.
TEST_F(Admission, AdministratorsAreNotLimited) {
  TestServer house(limited(1, 0));
  auto shared = std::make_unique<metrics::Shared>();
  auto pages = std::make_unique<serve::AdminPage[]>(limits::admin_pages);
  serve::Admin admin = {.shared = shared.get(), .facts = {}, .pages = {pages.get(), limits::admin_pages}};
  house.server().context.admin = &admin;
  while (conn::takes_token(house.server(), stranger)) {
  }
  Client client(house, 0, stranger, ListenerKind::admin);
  for (int i = 0; i < 20; i++) client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(count(client.output(), ok), 20U);
  EXPECT_EQ(house.server().limit_refusals.due_ms(), INT64_MAX);
}

TEST_F(Admission, ProxiesAndUnixPeersAreNotLimited) {
  TestServer house(limited(1, 1));
  for (const IpAddress& peer : {proxy, IpAddress{}}) {
    Client client(house, 0, peer);
    Client another(house, 1, peer);
    EXPECT_TRUE(conn::has_room_for(house.server(), peer));
    for (int i = 0; i < 20; i++) client.send(get_file);
    EXPECT_EQ(count(client.output(), ok), 20U);
  }
}

TEST_F(Admission, TheClientThatAProxyNamesIsLimited) {
  for (uint32_t cache_files : {0U, 16U}) {
    Plan plan = limited(1, 0);
    plan.cache_files = cache_files;
    TestServer house(plan);
    Client client(house, 0, proxy);
    for (int i = 0; i < 10; i++) client.send(get_for("203.0.113.5"));
    client.send(get_for("203.0.113.6"));
    EXPECT_EQ(count(client.output(), ok), 11U);
    client.send(get_for("203.0.113.5"));
    EXPECT_EQ(count(client.output(), too_many), 1U);
    EXPECT_TRUE(ends(logged(house), "203.0.113.6 200; 203.0.113.5 429"));
  }
}

TEST_F(Admission, AStreamOfHttp2IsARequest) {
  Plan plan = limited(1, 0);
  plan.h2_sessions = 1;
  TestServer house(plan);
  Client client(house, 0, proxy);
  std::string sent = std::string(h2::client_preface()) + settings_frame();
  for (uint32_t stream = 1; stream < 25; stream += 2) {
    sent += get(stream, "/file.txt", {{"x-forwarded-for", stream == 3 ? "203.0.113.6" : "203.0.113.5"}});
  }
  client.send(sent);
  std::string expected = "203.0.113.5 200; 203.0.113.6 200";
  for (int i = 0; i < 9; i++) expected += "; 203.0.113.5 200";
  EXPECT_EQ(logged(house), expected + "; 203.0.113.5 429");
  EXPECT_FALSE(client.closed());
}

TEST_F(Admission, ConnectionsOfAClientAreCountedUntilTheyEnd) {
  TestServer house(limited(0, 2));
  {
    Client first(house, 0, stranger);
    EXPECT_TRUE(conn::has_room_for(house.server(), stranger));
    Client second(house, 1, stranger);
    EXPECT_FALSE(conn::has_room_for(house.server(), stranger));
    EXPECT_TRUE(conn::has_room_for(house.server(), another_stranger));
    first.send_last(get_file);
    EXPECT_TRUE(first.closed());
    EXPECT_TRUE(conn::has_room_for(house.server(), stranger));
  }
  for (const SharedLong& word : counts) EXPECT_EQ(word.load() & 0xff'ffff, 0U);
}

TEST_F(Admission, ConnectionsThatAProxyHeaderNamesAreCountedToo) {
  constexpr std::string_view header = "PROXY TCP4 203.0.113.5 10.0.0.9 4000 80\r\n";
  constexpr std::string_view nobody = "PROXY UNKNOWN\r\n";
  TestServer house(limited(0, 1));
  {
    Client first(house, 0, proxy, ListenerKind::proxied);
    first.send(header);
    Client second(house, 1, proxy, ListenerKind::proxied);
    second.send(std::string(header) + std::string(get_file));
    EXPECT_EQ(second.output(), refusal(house));
    EXPECT_TRUE(second.shut());
    EXPECT_EQ(logged(house), "203.0.113.5 429");
    EXPECT_NE(house.server().limit_refusals.due_ms(), INT64_MAX);
    Client third(house, 2, proxy, ListenerKind::proxied);
    third.send(std::string(nobody) + std::string(get_file));
    EXPECT_TRUE(begins(third.output(), ok)) << "the proxy's own";
  }
  EXPECT_TRUE(conn::has_room_for(house.server(), mapped({203, 0, 113, 5})));
}

} // namespace
} // namespace minhttp::test
