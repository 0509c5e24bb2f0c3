// SPDX-License-Identifier: MIT
// The maximum cost of requests of every kind, in steps: no part may exceed what its size and the limits allow.

#include <gtest/gtest.h>

#include <functional>

#include "auth/basic.h"
#include "crypto/sha512_crypt.h"
#include "h1/body.h"
#include "h1/parse.h"
#include "http/coding.h"
#include "http/conditional.h"
#include "http/path.h"
#include "http/range.h"
#include "unit/serve/expect_cost.h"
#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

std::string repeat(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; i++) all += text;
  return all;
}

// A head of maximum size, with this field as often as it fits.
std::string full_head(const std::string& field, const std::string& line = "GET / HTTP/1.1") {
  std::string head = line + "\r\nHost: a\r\n";
  return head + repeat(field, (limits::head_max - head.size() - 2) / field.size()) + "\r\n";
}

// A head with one field, whose value has maximum length.
std::string long_field(const std::string& name, const std::string& start, const std::string& piece) {
  size_t room = limits::head_max - 100;
  return "GET / HTTP/1.1\r\nHost: a\r\n" + name + ": " + start + repeat(piece, room / piece.size()) + "\r\n\r\n";
}

std::vector<std::string> heads() {
  return {
      full_head("a:\r\n"),
      full_head("X: y\r\n"),
      full_head("Connection: close\r\n"),
      full_head("If-None-Match: \"x\"\r\n"),
      full_head("Accept-Encoding: gzip\r\n"),
      full_head("Accept: */*\r\n"),
      full_head("Cookie: a=b\r\n"),
      full_head("Range: bytes=0-0\r\n"),
      long_field("Cookie", "", "a=b; "),
      long_field("Cookie", "", "\t"),
      long_field("Connection", "", ","),
      long_field("Connection", "", " ,"),
      long_field("If-None-Match", "", "\"\","),
      long_field("If-None-Match", "", "W/\"x\" , "),
      long_field("If-None-Match", "", ","),
      long_field("If-None-Match", "", "x"),
      long_field("If-Match", "", "\"65937d25-1a\","),
      long_field("If-Range", "\"", "x"),
      long_field("If-Modified-Since", "", "Tue, "),
      long_field("Accept-Encoding", "", ","),
      long_field("Accept-Encoding", "", "gzip;q=0.1,"),
      long_field("Accept-Encoding", "", ";"),
      long_field("Accept", "", "text/html;q=1,"),
      long_field("Accept", "", ";q=1"),
      long_field("Range", "bytes=", "0-0,"),
      long_field("Range", "bytes=", ","),
      long_field("Range", "bytes=", "0"),
      long_field("Authorization", "Basic ", "YTph"),
      long_field("Authorization", "Basic ", " "),
      full_head("X: y\r\n", "GET /" + repeat("a/", 4000) + " HTTP/1.1"),
      full_head("X: y\r\n", "GET /" + repeat("%61", 2700) + " HTTP/1.1"),
      full_head("X: y\r\n", "GET /" + repeat("a", 8000) + " HTTP/1.1"),
      full_head("X: y\r\n", "GET /?" + repeat("a&", 4000) + " HTTP/1.1"),
      full_head("X: y\r\n", "GET /?" + repeat("%41=1&", 1300) + " HTTP/1.1"),
      "GET /" + std::string(limits::head_max, 'a'),
      repeat("\r\n", 10'000) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1000),
  };
}

std::string shown(const std::string& text) { return text.substr(0, 100); }

// The name of a head in the table of the worst: the field that fills it.
std::string part_of(const std::string& head) {
  size_t begin = head.find("Host: a\r\n");
  if (begin == head.npos || head[begin + 9] == '\r') return "head, a long line";
  std::string name = head.substr(begin + 9, head.find(':', begin + 9) - begin - 9);
  return name.size() == 1 ? "head, thousands of fields" : "head full of " + name;
}

TEST(Cost, Heads) {
  for (const std::string& head : heads()) {
    h1::Progress progress;
    http::Request request;
    Cost cost;
    auto outcome = h1::parse_head(head, progress, request);
    EXPECT_TRUE(within_bound(part_of(head), head.size(), bound::head(head.size()))) << shown(head);
    if (outcome.kind != h1::Outcome::Kind::done) continue;
    cost = {};
    (void)http::accepted_codings(request);
    EXPECT_TRUE(within_bound("Accept-Encoding", head.size(), bound::accept_encoding(head.size()))) << shown(head);
    http::Validators file = {.size = 26,
                             .seconds = 1'704'164'645,
                             .hashed = true,
                             .digest = {.high = 0x701b2fc13d46cd17, .low = 0x8d90c78f76093c30}};
    cost = {};
    (void)http::evaluate(request, file, 1'795'000'000);
    (void)http::takes_range(request, file, 1'795'000'000);
    EXPECT_TRUE(within_bound("If-Match, If-None-Match, dates", head.size(), bound::conditions(head.size())))
        << shown(head);
    cost = {};
    (void)http::parse_ranges(request.range, 1 << 20);
    EXPECT_TRUE(within_bound("Range", request.range.size(), bound::ranges(request.range.size()))) << shown(head);
    char name[limits::target_max];
    cost = {};
    (void)http::decode_path(request.path, name);
    EXPECT_TRUE(within_bound("path", request.path.size(), bound::path(request.path.size()))) << shown(head);
  }
}

// A head that arrives byte by byte: no byte is scanned a thousand times.
TEST(Cost, HeadsByteByByte) {
  for (const std::string& head : heads()) {
    if (head.starts_with("\r\n")) continue; // only step() skips empty lines
    h1::Progress progress;
    http::Request request;
    Cost cost;
    size_t calls = 0;
    while (++calls <= head.size()) {
      auto outcome = h1::parse_head(std::string_view(head).substr(0, calls), progress, request);
      if (outcome.kind != h1::Outcome::Kind::more) break;
    }
    EXPECT_TRUE(within_bound("head, byte by byte", calls, bound::head(calls, calls))) << shown(head);
  }
}

TEST(Cost, Bodies) {
  std::string line = "1;" + std::string(1000, 'a') + "=\"" + "\"\r\nx\r\n";
  const std::string bodies[] = {
      repeat("1\r\nx\r\n", 3000) + "0\r\n\r\n",
      repeat("1;a=b\r\nx\r\n", 1500) + "0\r\n\r\n",
      repeat(line, 15) + "0\r\n\r\n",
      "1" + repeat(";a", 500) + "\r\nx\r\n0\r\n\r\n",
      "1;a=\"" + repeat("\\\"", 400) + "\"\r\nx\r\n0\r\n\r\n",
      "1" + repeat(" ", 1000) + "\r\nx\r\n0\r\n\r\n",
      std::string(1000, '0') + "1\r\nx\r\n0\r\n\r\n",
      "0\r\n" + repeat("a: " + std::string(2000, 'b') + "\r\n", 7) + "\r\n",
  };
  for (const std::string& text : bodies) {
    http::Request request;
    request.framing = http::Framing::chunked;
    for (size_t step : {text.size(), size_t{100}, size_t{1}}) {
      h1::BodyProgress progress = h1::start_body(request);
      size_t used = 0;
      size_t calls = 0;
      Cost cost;
      for (size_t end = 0; end < text.size();) {
        end = std::min(end + step, text.size());
        auto outcome = h1::drop_body(std::string_view(text).substr(used, end - used), progress, limits::body_max);
        used += outcome.length;
        calls++;
        if (outcome.kind != h1::Outcome::Kind::more) break;
      }
      const char* part = text.find(';') == text.npos ? "body, chunks and trailers" : "body, chunk extensions";
      EXPECT_TRUE(within_bound(part, text.size(), bound::body(text.size(), calls))) << shown(text) << ' ' << step;
    }
  }
}

TEST(Cost, Passwords) {
  CryptHash hash;
  hash.rounds = 1000;
  hash.salt_size = 16;
  for (size_t size : {size_t{0}, size_t{1}, size_t{63}, limits::password_max}) {
    CryptCheck check;
    Cost cost;
    check.start(std::string(size, 'p'), hash);
    uint64_t start = Cost::of(cost::Kind::blocks);
    EXPECT_LE(start, 700U);
    while (!check.advance(100)) continue;
    uint64_t blocks = Cost::of(cost::Kind::blocks);
    EXPECT_LE(blocks, bound::password_blocks(1000));
    note_cost("password, 1,000 rounds, in blocks",
              {.steps = blocks, .bytes = size, .bound = bound::password_blocks(1000)});
    EXPECT_LE(Cost::of(cost::Kind::blocks) - start, 1000 * check.blocks_a_round());
    EXPECT_GE(Cost::of(cost::Kind::blocks), 1000U);
  }
}

TEST(Cost, Credentials) {
  char decoded[auth::credentials_max];
  for (const std::string& value : {"Basic " + std::string(16'000, ' '), "Basic " + repeat("YTph", 4000),
                                   "Basic " + repeat("YTph", 100), std::string(16'000, 'B')}) {
    Cost cost;
    (void)auth::parse_basic(value, decoded);
    EXPECT_TRUE(within_bound("Authorization", value.size(), bound::authorization(value.size()))) << shown(value);
  }
}

// Whole connections to a site, at once and byte by byte.
TEST(Cost, Connections) {
  Tree tree;
  tree.file("index.html", std::string(100, 'x'));
  tree.file("_headers", "/*\n A: b\n");
  for (uint32_t cache_files : {0U, 16U}) {
    TestServer house({.directory = tree.root(), .keep_log = false, .cache_files = cache_files});
    std::vector<std::string> all = heads();
    std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    all.push_back(chunked + repeat("1\r\nx\r\n", 3000) + "0\r\n\r\n");
    all.push_back(chunked + "0\r\n" + repeat("a: " + std::string(2000, 'b') + "\r\n", 7) + "\r\n");
    for (const std::string& request : all) {
      for (size_t step : {request.size(), size_t{1}}) {
        if (step == 1 && request.size() > 20'000) continue; // many requests: the others are enough
        Client client(house);
        Cost cost;
        for (size_t at = 0; at < request.size() && !client.closed(); at += step) client.send(request.substr(at, step));
        const char* part = step == 1 ? "connection, byte by byte" : "connection";
        EXPECT_TRUE(within_bound(part, request.size(), bound::connection(request.size(), client.events())))
            << shown(request) << ' ' << step;
        EXPECT_FALSE(client.output().empty()) << shown(request);
      }
    }
  }
}

// A file that has just changed is hashed for every response, if the cache does not hold its bytes. A batch of requests
// for it has to wait, because a turn hashes only so much.
TEST(Cost, EntityTags) {
  Tree tree;
  tree.file("file", std::string(limits::body_in_memory_max, 'x'));
  constexpr size_t requests = 200;
  std::string batch = repeat("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n", requests);
  TestServer house({.directory = tree.root()});
  conn::Connection& connection = house.server().connections[0];
  conn::open(connection, sys::Fd(), {});
  auto want = conn::step(house.server(), connection, {.kind = conn::Event::Kind::ready});
  std::copy(batch.begin(), batch.end(), want.to);
  conn::Event event = {.kind = conn::Event::Kind::received, .bytes = batch.size()};
  std::string sent;
  size_t pauses = 0;
  Cost cost;
  while ((want = conn::step(house.server(), connection, event)).sends != conn::Wants::Sends::nothing ||
         !want.receives()) {
    EXPECT_LE(Cost::of(cost::Kind::hashed), bound::hashed(0) + requests * 48);
    event = {.kind = conn::Event::Kind::ready};
    if (want.sends == conn::Wants::Sends::bytes) {
      event = {.kind = conn::Event::Kind::sent, .bytes = want.count};
      sent += std::string(want.from, want.count);
    } else {
      ASSERT_EQ(want.kind, conn::Wants::Kind::pause);
      pauses++;
      house.server().context.tags->turn();
      cost = {};
    }
  }
  EXPECT_EQ(pauses, requests / (limits::tag_read_max / limits::body_in_memory_max));
  size_t tags = 0;
  for (size_t at = 0; (at = sent.find("\r\nETag: ", at)) != sent.npos; at++) tags++;
  EXPECT_EQ(tags, requests);
  conn::close(house.server(), connection);
}

// Entries are read once each time the directory is read, and sorted with a heap.
TEST(Cost, Listings) {
  Tree tree;
  constexpr uint64_t count = 2000;
  for (uint64_t i = 0; i < count; i++) tree.file("f" + std::to_string(i * 7919 % count), "");
  TestServer house({.directory = tree.root(), .keep_log = false, .listings = 1});
  for (const char* query : {"", "?sort=size&order=desc", "?sort=time"}) {
    Client client(house);
    Cost cost;
    client.send("GET /" + std::string(query) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(client.output().ends_with("0\r\n\r\n"));
    EXPECT_GE(Cost::of(cost::Kind::entries), count);
    EXPECT_LE(Cost::of(cost::Kind::entries), count * (2 + 2 * 2 * 11)); // two comparisons for each level, down and up
    EXPECT_TRUE(within_bound("listing of 2,000 entries", 100, 1000 * count + bound::connection(100, client.events())));
  }
}

} // namespace
} // namespace minhttp::test
