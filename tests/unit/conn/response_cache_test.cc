// SPDX-License-Identifier: MIT
// Responses that are replayed are the same as responses that are made.

#include "conn/response_cache.h"

#include <filesystem>

#include "unit/cases.h"
#include "unit/rules/ruled.h"
#include "unit/serve/cached_site.h"

namespace minhttp::test {
namespace {

struct Replay : CachedSite {};

TEST_F(Replay, ReplayedResponsesAreTheSame) {
  TestServer plain(plan());
  TestServer house(cached());
  for (const std::string& request :
       {get("/file.txt"), get("/"), get("/empty.txt"), get("/big.bin"), get("/none"),
        get("/file.txt", "Connection: close\r\n"), get("/file.txt", "Range: bytes=1-2\r\n"),
        get("/file.txt", "Range: bytes=1-2,4-5\r\n"),
        get("/file.txt", "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT\r\n"), get("/dir"),
        std::string("HEAD /file.txt HTTP/1.1\r\nHost: a\r\n\r\n"), std::string("GET /file.txt HTTP/1.0\r\n\r\n"),
        std::string("GET /file.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")}) {
    for (int i = 0; i < 3; i++) {
      house.server().boundaries = plain.server().boundaries = {};
      EXPECT_EQ(ask(house, request), ask(plain, request)) << request;
      EXPECT_EQ(ask(house, request + request), ask(plain, request + request)) << request;
    }
  }
}

TEST_F(Replay, PipelinedResponsesAreOneWrite) {
  TestServer house(cached());
  for (int i = 0; i < 2; i++) {
    Client client(house);
    std::string batch;
    for (int n = 0; n < 16; n++) batch += get_file;
    client.send(batch);
    EXPECT_EQ(client.writes().size(), 1U);
    EXPECT_EQ(count(client.output(), contents), 16U);
  }
}

// One byte of difference is another request.
TEST_F(Replay, EveryByteOfTheHeadIsCompared) {
  TestServer house(cached());
  std::string request = get("/file.txt", "Accept: a\r\n");
  ASSERT_TRUE(begins(ask(house, request), "HTTP/1.1 200"));
  for (size_t i = 0; i < request.size(); i++) {
    std::string other = request;
    other[i] = '\x01';
    EXPECT_FALSE(begins(ask(house, other), "HTTP/1.1 200")) << i;
  }
}

TEST_F(Replay, AnEntryIsValidUntilTheFileIsDue) {
  TestServer house(cached());
  std::string first = ask(house, get_file);
  tree.file("file.txt", "another");
  EXPECT_EQ(ask(house, get_file), first);
  house.server().context.cache->drop_all(); // as a reload does
  EXPECT_TRUE(ends(ask(house, get_file), "another"));
}

// The tag may be there at any time: a large file is hashed between requests.
TEST_F(Replay, AResponseWithoutATagIsNotStored) {
  tree.file("404.html", "nothing");
  TestServer house(cached());
  conn::Server& server = house.server();
  auto is_stored = [&](std::string_view request) {
    for (uint32_t i = 0; i <= limits::cache_careful_answers; i++) (void)ask(house, request);
    conn::Moment now = {server.context.clock.now_ms(), server.context.clock.seconds(), server.context.generation};
    return server.responses->find(request, now) != nullptr;
  };
  EXPECT_FALSE(is_stored("HEAD /big.bin HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(is_stored(get_file));
  EXPECT_TRUE(is_stored(get("/none"))) << "an error page never has one";
  conn::Moment later = {server.context.clock.now_ms() + 60'000, server.context.clock.seconds(),
                        server.context.generation};
  EXPECT_EQ(server.responses->find(get_file, later), nullptr) << "the clock was set back, and the file is due";
}

// A small file needs memory, its older copy as well, and there is one block: the file has left the
// cache before it is answered, and its entry is free after that.
TEST_F(Replay, AFileThatWasEvictedForItsOwnSiblingIsNotStored) {
  tree.file("page.html", std::string(9000, 'p'));
  tree.file("page.html.gz", std::string(9000, 'z'));
  tree.modified("page.html.gz", 1'000'000'000, 0);
  Plan plan = cached();
  plan.cache_bytes = Buddy::fresh_size;
  TestServer house(plan);
  std::string request = get("/page.html", "Accept-Encoding: gzip\r\n");
  for (int i = 0; i < 4; i++) {
    std::string answer = ask(house, request);
    EXPECT_TRUE(begins(answer, "HTTP/1.1 200 OK"));
    EXPECT_EQ(count(answer, "p"), count(answer.substr(0, answer.find("\r\n\r\n")), "p") + 9000) << i;
  }
  EXPECT_TRUE(ends(ask(house, get_file), contents));
}

TEST_F(Replay, AReloadInvalidatesAllEntries) {
  TestServer house(cached());
  std::string first = ask(house, get_file);
  for (int i = 0; i < 2; i++) EXPECT_EQ(ask(house, get_file), first); // now it is stored
  house.server().context.generation++;
  Ruled options("", "/*\n X: y\n");
  rules::Fields fields = options.match("/");
  house.server().context.options.default_headers = &fields;
  EXPECT_EQ(count(ask(house, get_file), "X: y\r\n"), 1U);
  house.server().context.generation++;
  house.server().context.options.default_headers = nullptr;
  house.server().context.options.spa = true;
  EXPECT_EQ(ask(house, get_file), first);
  std::filesystem::remove(tree.path("file.txt"));
  house.server().context.cache->drop_all();
  house.server().context.generation++;
  EXPECT_FALSE(begins(ask(house, get_file), "HTTP/1.1 200"));
}

TEST_F(Replay, TheLastResponseOfAConnectionHasConnectionClose) {
  Plan with_limit = cached();
  with_limit.requests_max = 2;
  TestServer house(with_limit);
  for (int i = 0; i < 3; i++) {
    Client client(house);
    client.send(get_file);
    EXPECT_EQ(count(client.output(), "Connection: close"), 0U);
    client.send(get_file);
    EXPECT_EQ(count(client.output(), "Connection: close"), 1U);
  }
  Client client(house);
  client.send(get_file.substr(0, 1));
  house.server().draining = true;
  client.send(get_file.substr(1));
  EXPECT_EQ(count(client.output(), "Connection: close"), 1U);
}

TEST_F(Replay, AddressRulesAreCheckedForEachRequest) {
  Plan guarded = cached();
  Cidr own;
  ASSERT_EQ(parse_cidr("192.0.2.7", own), CidrMistake::none);
  AddressRule rules[] = {{.block = {}, .allow = false}};
  ASSERT_EQ(parse_cidr("198.51.100.0/24", rules[0].block), CidrMistake::none);
  guarded.access.addresses = rules;
  TestServer house(guarded);
  ASSERT_TRUE(begins(ask(house, get_file), "HTTP/1.1 200"));
  rules[0].block = own; // as if another client came from there
  EXPECT_TRUE(begins(ask(house, get_file), "HTTP/1.1 403"));
}

TEST_F(Replay, TheLogHasEveryRequest) {
  Plan logged = cached();
  logged.log = conn::LogFormat::common;
  TestServer house(logged);
  for (int i = 0; i < 3; i++) (void)ask(house, get_file);
  std::string log = house.log();
  EXPECT_EQ(count(log, "192.0.2.7 - - ["), 3U);
  EXPECT_EQ(count(log, "\"GET /file.txt HTTP/1.1\" 200 26\n"), 3U);
}

// A body that is not copied is sent behind its head in one call, however little is taken.
TEST_F(Replay, AFileFromMemoryInPieces) {
  std::string text;
  for (int i = 0; i < 10'000; i++) text += static_cast<char>('a' + i % 26);
  tree.file("ten.txt", text);
  TestServer house(cached());
  for (size_t taken : {SIZE_MAX, size_t{1}, size_t{100}, size_t{333}, size_t{5000}}) {
    Client client(house);
    client.take_at_most(taken);
    client.send(get("/ten.txt") + std::string(get_file));
    for (int i = 0; i < 12'000 && count(client.output(), "200 OK") < 2; i++) client.run();
    for (int i = 0; i < 500 && !ends(client.output(), contents); i++) client.run();
    EXPECT_TRUE(ends(client.output(), contents));
    EXPECT_NE(client.output().find("\r\n\r\n" + text + "HTTP/1.1 200"), std::string::npos) << taken;
    if (taken == SIZE_MAX) {
      EXPECT_EQ(client.writes().size(), 2U);
    }
    EXPECT_FALSE(client.connection().source.open());
  }
}

TEST(ResponseCache, WithoutEntriesNothingIsStored) {
  conn::ResponseCache responses({}, 7);
  EXPECT_EQ(responses.find(get_file, {}), nullptr);
  EXPECT_EQ(responses.prepare(get_file, get_file.size(), 100), nullptr);
}

TEST_F(Replay, WithoutEntriesEverythingIsAnsweredAnew) {
  conn::ResponseCache none({}, 7);
  TestServer plain(plan());
  TestServer house(cached());
  house.server().responses = &none;
  for (int i = 0; i < 3; i++) EXPECT_EQ(ask(house, get_file), ask(plain, get_file));
}

TEST_F(Replay, LongHeadsAreNotStored) {
  TestServer plain(plan());
  TestServer house(cached());
  for (size_t size : {900U, 1100U, 3000U}) {
    std::string request = get("/file.txt", "X: " + std::string(size, 'x') + "\r\n");
    for (int i = 0; i < 3; i++) EXPECT_EQ(ask(house, request), ask(plain, request)) << size;
  }
  Ruled options("", "/*\n X: " + std::string(limits::replay_head_max, 'x') + "\n");
  rules::Fields fields = options.match("/");
  house.server().context.options.default_headers = plain.server().context.options.default_headers = &fields;
  for (int i = 0; i < 3; i++) EXPECT_EQ(ask(house, get("/empty.txt")), ask(plain, get("/empty.txt")));
}

TEST_F(Replay, TheDateFollowsTheClock) {
  TestServer house(cached());
  set_time(house, 0, 999);
  std::string first = ask(house, get_file);
  EXPECT_EQ(ask(house, get_file), first);
  set_time(house, 1, 1000); // the file is not due
  std::string second = ask(house, get_file);
  EXPECT_NE(second, first);
  EXPECT_EQ(count(second, "\r\nDate: " + house.date() + "\r\n"), 1U);
}

TEST_F(Replay, AFileThatIsDueIsCheckedAgain) {
  TestServer house(cached());
  serve::Clock later;
  later.read();
  house.set_clock(later);
  for (int i = 0; i < 2; i++) EXPECT_TRUE(ends(ask(house, get_file), contents));
  tree.file("file.txt", "another");
  while (later.now_ms() < house.server().context.clock.now_ms() + limits::cache_fresh_ms) later.read();
  house.set_clock(later);
  EXPECT_TRUE(ends(ask(house, get_file), "\r\n\r\nanother"));
}

TEST_F(Replay, AStoredResponseIsReplayedUntilItsFileIsDue) {
  TestServer house(cached());
  set_time(house, 0, 0);
  std::string first = ask(house, get_file);
  EXPECT_EQ(ask(house, get_file), first); // now it is stored
  tree.file("file.txt", "another");
  set_time(house, limits::cache_quiet_ms - 1, 0);
  EXPECT_EQ(ask(house, get_file), first);
  set_time(house, limits::cache_fresh_ms, 0);
  EXPECT_TRUE(ends(ask(house, get_file), "\r\n\r\nanother"));
}

// The place of a file that had to leave the cache is another's now.
TEST_F(Replay, AReusedCacheEntryIsNotReplayed) {
  Plan small = cached();
  small.cache_files = 3;
  TestServer house(small);
  for (int i = 0; i < 40; i++) tree.file("n" + std::to_string(i) + ".txt", "I am " + std::to_string(i) + ".");
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 40; i++) {
      std::string request = get("/n" + std::to_string(i) + ".txt");
      for (int twice = 0; twice < 2; twice++) {
        EXPECT_TRUE(ends(ask(house, request), "\r\n\r\nI am " + std::to_string(i) + "."));
      }
    }
    EXPECT_TRUE(ends(ask(house, get_file), contents));
  }
}

TEST_F(Replay, AFileOutsideTheCacheIsNotStored) {
  Plan small = cached();
  small.cache_files = 1;
  TestServer plain(plan());
  TestServer house(small);
  Client slow(house, 1);
  slow.take_at_most(0);
  slow.send(get("/big.bin")); // its place stays taken
  for (int i = 0; i < 3; i++) EXPECT_EQ(ask(house, get_file), ask(plain, get_file));
}

// It is opened and looked at: its sibling must not be older.
TEST_F(Replay, AFileIsNotReadWhereItsSiblingIsSent) {
  tree.file("page.html", std::string(500, 'p'));
  tree.file("page.html.br", "compressed");
  TestServer house(cached());
  std::string request = "GET /page.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n";
  for (int i = 0; i < 2; i++) EXPECT_TRUE(ends(ask(house, request), "\r\n\r\ncompressed"));
  site::Cache& cache = *house.server().context.cache;
  const site::CacheEntry* page = cache.find(cache.hash_of(0, "page.html"));
  ASSERT_NE(page, nullptr);
  EXPECT_FALSE(page->at_hand());
  EXPECT_NE(cache.find(cache.hash_of(0, "page.html.br"))->memory, nullptr);
  for (int i = 0; i < 2; i++) EXPECT_TRUE(ends(ask(house, get("/page.html")), std::string(500, 'p')));
}

// A small file whose bytes the cache has no room for goes behind its head; a request for more than is left of it
// ends the connection, as with a large one.
TEST_F(Replay, ASmallFileThatIsSentByItsDescriptor) {
  Plan small = cached();
  small.cache_bytes = 0;
  TestServer house(small);
  TestServer plain(plan());
  for (uint32_t i = 0; i <= limits::cache_careful_answers; i++) EXPECT_EQ(ask(house, get_file), ask(plain, get_file));
  tree.file("file.txt", "short"); // in place
  Client client(house);
  client.send(get_file);
  EXPECT_TRUE(ends(client.output(), "\r\n\r\nshort"));
  EXPECT_TRUE(client.closed());
}

TEST_F(Replay, AResponseWithoutABodyHoldsNoFile) {
  TestServer house(cached());
  std::string request = "HEAD /big.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  for (int i = 0; i < 2; i++) (void)ask(house, request);
  Client slow(house);
  slow.take_at_most(0);
  slow.send(request);
  EXPECT_EQ(slow.timer(), conn::Timer::send);
  EXPECT_FALSE(slow.connection().source.open());
}

TEST_F(Replay, ARequestWithABodyIsNotReplayed) {
  TestServer plain(plan());
  TestServer house(cached());
  std::string request = get("/file.txt", "Content-Length: 3\r\n") + "abc";
  for (int i = 0; i < 3; i++) EXPECT_EQ(ask(house, request + request), ask(plain, request + request));
}

// Closed behind the last byte, and not at once where our side decides it.
TEST_F(Replay, TheLastBodyOfAConnectionInPieces) {
  tree.file("ten.txt", std::string(10'000, 'x'));
  for (uint32_t requests_max : {0U, 2U}) {
    Plan with_limit = cached();
    with_limit.requests_max = requests_max;
    TestServer house(with_limit);
    for (int i = 0; i < 3; i++) {
      Client client(house);
      client.send(get_file);
      client.take_at_most(1500);
      client.send(get("/ten.txt", requests_max == 0 ? "Connection: close\r\n" : ""));
      for (int turn = 0; turn < 20 && !client.closed() && !client.shut(); turn++) client.run();
      EXPECT_TRUE(ends(client.output(), "\r\n\r\n" + std::string(10'000, 'x')));
      EXPECT_EQ(client.closed(), requests_max == 0) << "where we decide it, it lingers";
      EXPECT_EQ(client.more_follows(), requests_max == 0) << "the end comes at once, in the same segment";
    }
  }
}

TEST_F(Replay, SeveralPartsFromMemoryInPieces) {
  std::string text;
  for (int i = 0; i < 10'000; i++) text += static_cast<char>('a' + i % 26);
  tree.file("ten.txt", text);
  TestServer house(cached());
  (void)ask(house, get("/ten.txt"));
  std::string request = get("/ten.txt", "Range: bytes=0-3999,5000-8999\r\n");
  house.server().boundaries = {};
  std::string whole = ask(house, request);
  EXPECT_EQ(count(whole, text.substr(0, 4000)) + count(whole, text.substr(5000, 4000)), 2U);
  for (size_t taken : {100U, 333U, 3000U}) {
    house.server().boundaries = {};
    Client client(house);
    client.take_at_most(taken);
    client.send(request);
    for (int i = 0; i < 200; i++) client.run();
    EXPECT_EQ(client.output(), whole) << taken;
  }
}

} // namespace
} // namespace minhttp::test
