// SPDX-License-Identifier: MIT
// What --admin and --health answer, and what is counted of requests.

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "unit/conn/http2_fixture.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using metrics::Count;

struct Admins : SmallSite {
  std::unique_ptr<metrics::Shared> shared = std::make_unique<metrics::Shared>();
  std::unique_ptr<serve::AdminPage[]> pages = std::make_unique<serve::AdminPage[]>(limits::admin_pages);
  serve::Admin admin;

  void give(conn::Server& server) {
    admin = {.shared = shared.get(), .facts = {}, .pages = {pages.get(), limits::admin_pages}};
    server.context.admin = &admin;
    server.metrics = &shared->blocks[0];
  }
  metrics::Block& block() { return shared->blocks[0]; }
  uint64_t responses() {
    metrics::Sums sums;
    metrics::sum(std::span(shared->blocks).first(1), sums);
    return sums.responses();
  }
  uint64_t durations(size_t bucket) { return block().durations[bucket].load(); }

  static std::string request(const std::string& line, const std::string& host = "localhost") {
    return line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }
};

std::string answer_of(TestServer& house, const std::string& request) {
  Client client(house);
  client.connection().kind = conn::ListenerKind::admin;
  client.send(request);
  return client.output();
}

TEST_F(Admins, EachPathHasItsAnswer) {
  Plan made = plan();
  made.log = conn::LogFormat::common;
  TestServer house(made);
  give(house.server());
  EXPECT_TRUE(begins(answer_of(house, request("GET /healthz")), "HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(begins(answer_of(house, request("GET /readyz")), "HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(ends(answer_of(house, request("HEAD /metrics")), "\r\n\r\n"));
  EXPECT_NE(answer_of(house, request("GET /metrics")).find("minhttp_ready 1\n"), std::string::npos);
  EXPECT_NE(answer_of(house, request("GET /")).find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  EXPECT_TRUE(begins(answer_of(house, request("GET /file.txt")), "HTTP/1.1 404 "));
  EXPECT_TRUE(begins(answer_of(house, request("POST /metrics")), "HTTP/1.1 405 "));
  EXPECT_TRUE(begins(answer_of(house, request("BREW /metrics")), "HTTP/1.1 501 "));
  EXPECT_TRUE(begins(answer_of(house, request("OPTIONS /metrics")), "HTTP/1.1 204 "));
  EXPECT_TRUE(begins(answer_of(house, "bad\r\n\r\n"), "HTTP/1.1 400 "));
  EXPECT_EQ(house.log(), "");
  EXPECT_EQ(responses(), 0U) << "nothing of it is counted";
}

// What --cors allows is for the sites.
TEST_F(Admins, NoScriptOfAnotherSiteMayRead) {
  Plan made = plan();
  made.options.cors = true;
  TestServer house(made);
  give(house.server());
  std::string preflight = "OPTIONS /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.example\r\n\r\n";
  EXPECT_EQ(count(answer_of(house, preflight), "Access-Control-"), 0U);
  Client client(house);
  client.send(preflight);
  EXPECT_GT(count(client.output(), "Access-Control-"), 0U) << "as they have it";
}

TEST_F(Admins, OnlyHostsThatNobodyElseOwns) {
  TestServer house(plan());
  give(house.server());
  for (const char* own : {"localhost", "LOCALHOST:1", "127.0.0.1:1", "192.0.2.1", "[::1]:80"}) {
    EXPECT_TRUE(begins(answer_of(house, request("GET /metrics", own)), "HTTP/1.1 200 ")) << own;
  }
  EXPECT_TRUE(begins(answer_of(house, "GET /metrics HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 "));
  EXPECT_TRUE(begins(answer_of(house, request("GET /metrics", "a.example")), "HTTP/1.1 421 "));
  admin.any_host = true;
  EXPECT_TRUE(begins(answer_of(house, request("GET /metrics", "a.example")), "HTTP/1.1 200 "));
}

TEST_F(Admins, AnAnswerKeepsItsMemoryUntilItIsSent) {
  Plan made = plan();
  made.connections = made.workspaces = limits::admin_pages + 1;
  TestServer house(made);
  give(house.server());
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < limits::admin_pages; i++) {
    clients.push_back(std::make_unique<Client>(house, i));
    clients.back()->connection().kind = conn::ListenerKind::admin;
    clients.back()->take_at_most(0);
    clients.back()->send(request("GET /metrics"));
  }
  auto last = std::make_unique<Client>(house, limits::admin_pages);
  last->connection().kind = conn::ListenerKind::admin;
  last->send(request("GET /metrics"));
  EXPECT_TRUE(begins(last->output(), "HTTP/1.1 503 "));
  clients[0]->take_at_most(SIZE_MAX);
  clients[0]->run();
  EXPECT_TRUE(ends(clients[0]->output(), "minhttp_reloads_total{result=\"failed\"} 0\n"));
  last->send(request("GET /metrics"));
  EXPECT_TRUE(ends(last->output(), "minhttp_reloads_total{result=\"failed\"} 0\n"));
  clients.clear();
  for (size_t i = 0; i < limits::admin_pages; i++) EXPECT_EQ(pages[i].entry.users, 0U);
}

TEST_F(Admins, TheHealthCheckOfTheSite) {
  Plan made = plan();
  made.options.health = "/healthz";
  TestServer house(made);
  auto ask = [&](const std::string& text) {
    Client client(house);
    client.send(text);
    return client.output();
  };
  EXPECT_TRUE(ends(ask(request("GET /healthz?x")), "\r\n\r\nok\n"));
  EXPECT_TRUE(ends(ask(request("HEAD /healthz")), "\r\n\r\n"));
  EXPECT_TRUE(begins(ask(request("DELETE /healthz")), "HTTP/1.1 405 "));
  EXPECT_TRUE(begins(ask(request("GET /healthz/")), "HTTP/1.1 404 "));
  house.server().context.ready = false;
  EXPECT_TRUE(ends(ask(request("GET /healthz")), "\r\n\r\nshutting down\n"));
  EXPECT_TRUE(begins(ask(request("GET /healthz")), "HTTP/1.1 503 "));
}

TEST_F(Admins, WhatIsSentHasADuration) {
  TestServer house(plan());
  give(house.server());
  Http2::set_time(house, 1000);
  Client client(house);
  client.take_at_most(0);
  std::string get = request("HEAD /file.txt"); // two of them are gathered in the output
  client.send(get + get);
  EXPECT_EQ(responses(), 2U);
  EXPECT_EQ(durations(0), 0U);
  Http2::set_time(house, 1020);
  client.take_at_most(SIZE_MAX);
  client.run();
  EXPECT_EQ(durations(2), 2U) << "25 ms are its bound";
  client.send(get);
  EXPECT_EQ(durations(0), 1U);
  EXPECT_EQ(block()[Count::received_bytes].load(), 3 * get.size());
  EXPECT_EQ(block()[Count::sent_bytes].load(), client.output().size());
  EXPECT_EQ(block()[Count::aborted].load(), 0U);
}

TEST_F(Admins, WhatBreaksOffHasNone) {
  TestServer house(plan());
  give(house.server());
  {
    Client client(house);
    client.take_at_most(100);
    client.send(request("GET /big.bin"));
    client.take_at_most(0);
    client.fail();
  }
  EXPECT_EQ(responses(), 1U);
  EXPECT_EQ(block()[Count::aborted].load(), 1U);
  for (size_t i = 0; i <= metrics::bucket_ms.size(); i++) EXPECT_EQ(durations(i), 0U);
}

TEST_F(Admins, AReplayedResponseCounts) {
  Plan made = plan();
  made.cache_files = 16;
  TestServer house(made);
  give(house.server());
  Client client(house);
  for (int i = 0; i < 100; i++) client.send(request("HEAD /file.txt") + request("GET /file.txt"));
  EXPECT_EQ(responses(), 200U);
  EXPECT_GT(block()[Count::replayed].load(), 0U);
  auto head = static_cast<size_t>(http::Method::head);
  EXPECT_EQ(block().requests[head][metrics::code_places[200]].load(), 100U);
  std::string same = request("GET /");
  client.send(same);
  EXPECT_NE(answer_of(house, same).find("<title>minhttp</title>"), std::string::npos);
}

} // namespace
} // namespace minhttp::test
