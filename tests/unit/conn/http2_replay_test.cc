// SPDX-License-Identifier: MIT
// Responses of HTTP/2 that are replayed are the same as responses that are made.

#include <gtest/gtest.h>

#include <memory>

#include "unit/conn/http2_fixture.h"
#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

using metrics::Count;

struct Http2Replay : Http2 {
  Plan cached() {
    Plan made = plan();
    made.cache_files = 64;
    return made;
  }
  void meter(TestServer& house) { house.server().metrics = &shared->blocks[0]; }
  uint64_t replayed() { return shared->blocks[0][Count::replayed].load(); }
  // The file is in the cache, and has its tag: a response of it may be kept.
  static void warm(TestServer& house, const std::string& path) {
    Client client(house, 3);
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  // Asked twice on one connection, so many of the responses are replayed.
  uint64_t replays(TestServer& house, const std::string& block, const std::string& body = "") {
    warm(house, "/file.txt");
    meter(house);
    uint64_t before = replayed();
    H2Client client(house);
    for (uint32_t id : {1U, 3U}) {
      client.send(headers(id, block, body.empty()));
      if (!body.empty()) client.send(data(id, body, true));
      (void)client.whole(id);
      EXPECT_TRUE(client[id].ended);
    }
    EXPECT_EQ(client[3].fields, client[1].fields);
    EXPECT_EQ(client[3].body, client[1].body);
    return replayed() - before;
  }

  std::unique_ptr<metrics::Shared> shared = std::make_unique<metrics::Shared>();
};

TEST_F(Http2Replay, ReplayedResponsesAreTheSame) {
  tree.file("ten.txt", std::string(10'000, 'x'));
  Plan uncached = plan();
  TestServer plain(uncached);
  TestServer house(cached());
  meter(house);
  struct Ask {
    const char* method;
    const char* path;
    Fields fields;
    bool replayed;
  };
  const std::string known = "Tue, 02 Jan 2024 03:04:05 GMT";
  for (const Ask& ask : std::vector<Ask>{{"GET", "/file.txt", {}, true},
                                         {"GET", "/ten.txt", {}, true},
                                         {"HEAD", "/file.txt", {}, true},
                                         {"GET", "/empty.txt", {}, true},
                                         {"GET", "/", {}, true},
                                         {"GET", "/file.txt", {{"if-modified-since", known}}, true},
                                         {"GET", "/file.txt", {{"range", "bytes=1-2"}}, false},
                                         {"GET", "/dir", {}, false},
                                         {"GET", "/none", {}, false},
                                         {"POST", "/file.txt", {}, false}}) {
    std::string block = request_block(ask.path, ask.fields, ask.method);
    H2Client expected(plain);
    expected.send(headers(1, block));
    (void)expected.whole(1);
    warm(house, ask.path);
    H2Client client(house);
    uint64_t before = replayed();
    for (uint32_t id = 1; id < 7; id += 2) {
      client.send(headers(id, block));
      EXPECT_EQ(client.whole(id).fields, expected[1].fields) << ask.method << " " << ask.path;
      EXPECT_EQ(client[id].body, expected[1].body) << ask.method << " " << ask.path;
      EXPECT_TRUE(client[id].ended);
    }
    EXPECT_EQ(replayed() - before, ask.replayed ? 2U : 0U) << ask.method << " " << ask.path;
  }
  expect_nothing_left(house);
}

// The first response of a connection has to say that there is no table, whoever's response it replays.
TEST_F(Http2Replay, AResponseIsReplayedToOtherConnections) {
  TestServer house(cached());
  warm(house, "/file.txt");
  meter(house);
  for (uint32_t slot = 0; slot < 3; slot++) {
    H2Client client(house, slot);
    EXPECT_EQ(client.ask(1, "/file.txt").body, contents);
    EXPECT_EQ(client.ask(3, "/file.txt").body, contents);
  }
  EXPECT_EQ(replayed(), 5U);
}

TEST_F(Http2Replay, RequestsWithABodyAndLongOnesAreNot) {
  TestServer house(cached());
  EXPECT_EQ(replays(house, request_block("/file.txt")), 1U);
  EXPECT_EQ(replays(house, request_block("/file.txt", {{"content-length", "0"}})), 1U) << "which is no body";
  EXPECT_EQ(replays(house, request_block("/file.txt", {{"content-length", "3"}}), "abc"), 0U);
  EXPECT_EQ(replays(house, request_block("/file.txt"), "abc"), 0U);
  EXPECT_EQ(replays(house, request_block("/file.txt", {{"x", std::string(limits::replay_request_max, 'x')}})), 0U);
  Ruled options("", "/*\n X: " + std::string(limits::replay_head_max, 'x') + "\n");
  rules::Fields fields = options.match("/");
  house.server().context.options.default_headers = &fields;
  house.server().context.generation++;
  EXPECT_EQ(replays(house, request_block("/file.txt")), 0U) << "its head is too long";
}

// Its file is hashed meanwhile, so the request is complete when it is answered.
TEST_F(Http2Replay, NorIsOneWhoseBodyCameWhileItWaited) {
  for (const char* name : {"hash0", "hash1"}) tree.file(name, std::string(700'000, 'h')); // not one turn's work
  TestServer house(cached());
  set_time(house, 1'000'000); // the files are not new any more
  meter(house);
  std::string block = request_block("/hash1", {{"content-length", "3"}});
  std::string wide = settings_frame({{Setting::initial_window_size, 4'000'000}}) + window_update(0, 4'000'000);
  H2Client client(house, 0, wide);
  client.send(get(1, "/hash0") + headers(3, block, false) + data(3, "abc", true));
  EXPECT_EQ(client[3].body.size(), 700'000U);
  client.send(headers(5, block, false));
  client.send(data(5, "abc", true));
  EXPECT_EQ(client[5].body.size(), 700'000U);
  EXPECT_EQ(replayed(), 0U);
}

TEST_F(Http2Replay, AFileThatHasChangedIsNot) {
  TestServer house(cached());
  meter(house);
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").body, contents);
  tree.file("file.txt", "another");
  house.server().context.cache->drop_all(); // as a reload does
  EXPECT_EQ(client.ask(3, "/file.txt").body, "another");
  EXPECT_EQ(replayed(), 0U);
}

// Who edits a file and asks for it sees the change, unless the server is busy.
TEST_F(Http2Replay, AfterAQuietMomentFilesAreLookedAtAgain) {
  TestServer house(cached());
  set_time(house, house.server().context.clock.now_ms());
  warm(house, "/file.txt");
  meter(house);
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").body, contents);
  EXPECT_EQ(client.ask(3, "/file.txt").body, contents);
  EXPECT_EQ(replayed(), 1U);
  tree.file("file.txt", "another");
  set_time(house, house.server().context.clock.now_ms() + limits::cache_quiet_ms);
  EXPECT_EQ(client.ask(5, "/file.txt").body, "another");
  EXPECT_EQ(replayed(), 1U);
}

// After a reload the rules and options may be others.
TEST_F(Http2Replay, AReloadInvalidatesAllEntries) {
  TestServer house(cached());
  warm(house, "/file.txt");
  meter(house);
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").field("x"), "");
  Ruled options("", "/*\n X: y\n");
  rules::Fields fields = options.match("/");
  house.server().context.options.default_headers = &fields;
  house.server().context.generation++;
  EXPECT_EQ(client.ask(3, "/file.txt").field("x"), "y");
  EXPECT_EQ(replayed(), 0U);
}

TEST_F(Http2Replay, TheDateFollowsTheClock) {
  TestServer house(cached());
  warm(house, "/file.txt");
  meter(house);
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").field("date"), house.date());
  const serve::Clock& before = house.server().context.clock;
  serve::Clock later;
  later.set(before.now_ms() * 1'000'000, (before.seconds() + 1) * 1'000'000'000);
  house.set_clock(later); // and the file is not due
  EXPECT_EQ(client.ask(3, "/file.txt").field("date"), house.date());
  EXPECT_EQ(replayed(), 0U);
}

TEST_F(Http2Replay, AFileThatIsDueIsLookedAtAgain) {
  TestServer house(cached());
  set_time(house, house.server().context.clock.now_ms());
  warm(house, "/file.txt");
  meter(house);
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").body, contents);
  tree.file("file.txt", "another");
  set_time(house, house.server().context.clock.now_ms() + limits::cache_fresh_ms);
  EXPECT_EQ(client.ask(3, "/file.txt").body, "another");
  EXPECT_EQ(replayed(), 0U);
}

// The place of a file that had to leave the cache is another's now.
TEST_F(Http2Replay, AReusedCacheEntryIsNot) {
  Plan small = cached();
  small.cache_files = 3;
  TestServer house(small);
  for (int i = 0; i < 40; i++) tree.file("n" + std::to_string(i) + ".txt", "I am " + std::to_string(i) + ".");
  H2Client client(house);
  uint32_t id = 1;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 40; i++) {
      for (int times = 0; times < 3; times++, id += 2) {
        EXPECT_EQ(client.ask(id, "/n" + std::to_string(i) + ".txt").body, "I am " + std::to_string(i) + ".");
      }
    }
  }
}

TEST_F(Http2Replay, WithoutEntriesEverythingIsAnsweredAnew) {
  conn::ResponseCache none({}, 7);
  TestServer house(cached());
  meter(house);
  house.server().responses = &none;
  H2Client client(house);
  for (uint32_t id = 1; id < 9; id += 2) EXPECT_EQ(client.ask(id, "/file.txt").body, contents);
  EXPECT_EQ(replayed(), 0U);
}

// What administrators ask is not answered with a file, nor kept.
TEST_F(Http2Replay, NothingIsReplayedToAdministrators) {
  TestServer house(cached());
  auto pages = std::make_unique<serve::AdminPage[]>(limits::admin_pages);
  serve::Admin admin = {.shared = shared.get(), .facts = {}, .pages = {pages.get(), limits::admin_pages}};
  admin.any_host = true;
  house.server().context.admin = &admin;
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").status(), "200");
  H2Client administrator(house, 1);
  administrator.client.connection().kind = conn::ListenerKind::admin;
  EXPECT_EQ(administrator.ask(1, "/file.txt").status(), "404");
}

TEST_F(Http2Replay, ReplayedResponsesAreLoggedAndCounted) {
  TestServer house(cached());
  {
    H2Client client(house);
    for (uint32_t id = 1; id < 7; id += 2) (void)client.ask(id, "/file.txt");
    client.send(headers(7, request_block("/file.txt", {}, "HEAD")));
    client.send(headers(9, request_block("/file.txt", {}, "HEAD")));
  }
  std::string file = "\"GET /file.txt HTTP/2.0\" 200 26";
  std::string head = "\"HEAD /file.txt HTTP/2.0\" 200 0";
  EXPECT_EQ(logged(house), file + "; " + file + "; " + file + "; " + head + "; " + head);
  meter(house);
  auto of = [&](http::Method method) {
    return shared->blocks[0].requests[static_cast<size_t>(method)][metrics::code_places[200]].load();
  };
  {
    H2Client client(house);
    for (uint32_t id = 1; id < 7; id += 2) (void)client.ask(id, "/file.txt");
    client.send(headers(7, request_block("/file.txt", {}, "HEAD")));
  }
  EXPECT_EQ(of(http::Method::get), 3U);
  EXPECT_EQ(of(http::Method::head), 1U);
  EXPECT_EQ(replayed(), 4U);
  EXPECT_EQ(shared->blocks[0].durations[0].load(), 4U);
}

// Its window is smaller than the body, and the client goes.
TEST_F(Http2Replay, AReplayedBodyMayBreakOff) {
  TestServer house(cached());
  warm(house, "/file.txt");
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 10}}));
    EXPECT_EQ(client.ask(1, "/file.txt").body, contents);
    meter(house);
    client.send(get(3, "/file.txt"));
    EXPECT_EQ(replayed(), 1U);
    EXPECT_EQ(client[3].body, contents.substr(0, 10));
    client.send(rst_stream(3));
    EXPECT_EQ(shared->blocks[0][Count::aborted].load(), 1U);
  }
  EXPECT_TRUE(ends(logged(house), "\" 200 10 aborted")) << logged(house);
  expect_nothing_left(house);
}

TEST_F(Http2Replay, HealthChecksAreNotLogged) {
  Plan with = cached();
  with.options.health = "/healthz";
  TestServer house(with);
  {
    H2Client client(house);
    EXPECT_EQ(client.ask(1, "/healthz").body, "ok\n");
    EXPECT_EQ(client.ask(3, "/file.txt").body, contents);
  }
  EXPECT_EQ(logged(house), "\"GET /file.txt HTTP/2.0\" 200 26");
}

} // namespace
} // namespace minhttp::test
