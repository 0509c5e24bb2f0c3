// SPDX-License-Identifier: MIT
// What /metrics counts of responses, and how long they are said to have taken: until their last byte is out.
// tests/unit/serve/admin_test.cc has the simplest cases.

#include "conn/metering.h"

#include <gtest/gtest.h>

#include <memory>

#include "unit/conn/http2_fixture.h"

namespace minhttp::test {
namespace {

using metrics::Count;

struct Metered : Http2 {
  // The server counts into it.
  void meter(TestServer& house) { house.server().metrics = &shared->blocks[0]; }
  metrics::Block& block() { return shared->blocks[0]; }
  uint64_t counted(Count which) { return block()[which].load(); }
  // How many responses are complete, and the sum of their durations.
  uint64_t complete() {
    uint64_t all = 0;
    for (const metrics::Number& durations : block().durations) all += durations.load();
    return all;
  }
  uint64_t taken_ms() { return block().duration_ms.load(); }
  static void advance(TestServer& house, int64_t ms) { set_time(house, house.server().context.clock.now_ms() + ms); }

  std::unique_ptr<metrics::Shared> shared = std::make_unique<metrics::Shared>();
};

std::string get_range(const std::string& path, const std::string& range) {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\nRange: bytes=" + range + "\r\n\r\n";
}

TEST_F(Metered, ADurationBeginsWithTheFirstByteOfTheRequest) {
  TestServer house(plan());
  meter(house);
  set_time(house, 1001);
  Client client(house);
  client.send(get_file.substr(0, 10));
  advance(house, 40);
  client.send(get_file.substr(10, 10));
  advance(house, 60);
  client.send(get_file.substr(20));
  EXPECT_EQ(complete(), 1U);
  EXPECT_EQ(taken_ms(), 100U);
  EXPECT_EQ(counted(Count::received_bytes), get_file.size());
  advance(house, 5000);
  client.send(get_file);
  EXPECT_EQ(complete(), 2U);
  EXPECT_EQ(taken_ms(), 100U) << "the time between two requests is nobody's";
}

// A small file, a text, a large file, several parts of one, and the rows of a directory: complete with the last byte
// only.
TEST_F(Metered, ADurationEndsWithTheLastByte) {
  tree.directory("list");
  for (int i = 0; i < 200; i++) tree.file("list/" + std::to_string(i) + std::string(100, 'n'), "");
  for (const auto& [request, most] : {std::pair(std::string(get_file), size_t{30}),
                                      {"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 30},
                                      {"GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n", 1500},
                                      {get_range("/big.bin", "0-2999,1000000-1002999"), 1500},
                                      {"GET /list/ HTTP/1.1\r\nHost: a\r\n\r\n", 1500}}) {
    Plan with = plan();
    with.listings = 2;
    TestServer house(with);
    shared = std::make_unique<metrics::Shared>();
    meter(house);
    set_time(house, 1001);
    Client client(house);
    client.take_at_most(most);
    client.send(request);
    for (int i = 0; i < 3; i++) {
      advance(house, 100);
      EXPECT_EQ(complete(), 0U) << request << client.output().size();
      client.run();
    }
    client.take_at_most(SIZE_MAX);
    client.run();
    EXPECT_EQ(client.timer(), Timer::idle);
    EXPECT_EQ(complete(), 1U) << request;
    EXPECT_EQ(taken_ms(), 300U) << request;
    EXPECT_EQ(counted(Count::sent_bytes), client.output().size());
    EXPECT_EQ(counted(Count::aborted), 0U);
  }
}

TEST_F(Metered, A100IsNoResponse) {
  TestServer house(plan());
  meter(house);
  Client client(house);
  client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.output(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(complete(), 0U);
  client.send("x");
  EXPECT_TRUE(ends(client.output(), contents));
  EXPECT_EQ(complete(), 1U);
}

// Those that found no place in the output are parsed when there is room again, from bytes that are there already.
TEST_F(Metered, ALongPipelineIsCountedWhole) {
  TestServer house(plan());
  meter(house);
  set_time(house, 1001);
  Client client(house);
  client.take_at_most(0);
  std::string batch;
  for (int i = 0; i < 200; i++) batch += get_file;
  client.send(batch);
  uint64_t first = block().requests[static_cast<size_t>(http::Method::get)][metrics::code_places[200]].load();
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, 200U);
  EXPECT_EQ(complete(), 0U);
  advance(house, 50);
  client.take_at_most(SIZE_MAX);
  client.run();
  EXPECT_EQ(complete(), 200U);
  EXPECT_EQ(taken_ms(), 50 * first);
}

TEST_F(Metered, StreamsAreCountedAsRequestsAre) {
  TestServer house(plan());
  meter(house);
  set_time(house, 1001);
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 25}}));
    client.send(get(1, "/file.txt") + headers(3, request_block("/file.txt", {}, "HEAD")) + get(5, "/nothing"));
    EXPECT_EQ(complete(), 2U) << "the file waits for its window";
    EXPECT_EQ(taken_ms(), 0U);
    advance(house, 70);
    client.send(window_update(1, 100));
    EXPECT_EQ(complete(), 3U);
    EXPECT_EQ(taken_ms(), 70U);
    client.send(get(7, "/file.txt") + rst_stream(7));
    client.send(post(9));
    client.send(rst_stream(9));
    EXPECT_EQ(complete(), 4U) << "the 405 is complete, whatever its request is";
    EXPECT_EQ(counted(Count::aborted), 1U);
    client.send(get(11, "/file.txt"));
  }
  EXPECT_EQ(counted(Count::aborted), 2U) << "the connection ends";
  auto of = [&](http::Method method, uint16_t code) {
    return block().requests[static_cast<size_t>(method)][metrics::code_places[code]].load();
  };
  EXPECT_EQ(of(http::Method::get, 200), 3U);
  EXPECT_EQ(of(http::Method::head, 200), 1U);
  EXPECT_EQ(of(http::Method::get, 404), 1U);
  EXPECT_EQ(of(http::Method::post, 405), 1U);
  expect_nothing_left(house);
}

TEST_F(Metered, StreamsOfAdministratorsAreNot) {
  TestServer house(plan());
  meter(house);
  auto pages = std::make_unique<serve::AdminPage[]>(limits::admin_pages);
  serve::Admin admin = {.shared = shared.get(), .facts = {}, .pages = {pages.get(), limits::admin_pages}};
  house.server().context.admin = &admin;
  H2Client client(house);
  uint64_t before = counted(Count::received_bytes);
  client.client.connection().kind = conn::ListenerKind::admin;
  EXPECT_EQ(client.ask(1, "/healthz").status(), "421") << "its host is a";
  client.send(headers(
      3, block_of({{":method", "GET"}, {":scheme", "http"}, {":path", "/healthz"}, {":authority", "localhost"}})));
  EXPECT_EQ(client.whole(3).status(), "200");
  client.send(
      headers(5,
              block_of({{":method", "GET"}, {":scheme", "http"}, {":path", "/metrics"}, {":authority", "localhost"}})) +
      rst_stream(5));
  EXPECT_EQ(complete(), 0U);
  EXPECT_EQ(counted(Count::aborted), 0U);
  EXPECT_EQ(counted(Count::received_bytes), before);
}

} // namespace
} // namespace minhttp::test
