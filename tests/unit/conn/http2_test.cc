// SPDX-License-Identifier: MIT
// A connection that speaks HTTP/2, as a client sees it.

#include "conn/http2.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/conn/h2_client.h"
#include "unit/serve/expect_cost.h"
#include "unit/serve/lock.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::Timer;

struct Http2 : SmallSite {
  Plan plan() {
    Plan made = SmallSite::plan();
    made.h2_sessions = 4;
    made.log = conn::LogFormat::common;
    made.log_records = 200;
    return made;
  }
  static void set_time(TestServer& house, int64_t now_ms) {
    serve::Clock clock;
    clock.set(now_ms * 1'000'000, int64_t{1'800'000'000'000} * 1'000'000);
    house.set_clock(clock);
  }
  // Nothing is kept of connections that are closed.
  static void expect_nothing_left(TestServer& house) {
    conn::Server& server = house.server();
    EXPECT_EQ(server.http2->free_sessions.taken(), 0U);
    EXPECT_EQ(server.http2->shared.streams.free.taken(), 0U);
    EXPECT_EQ(server.free_workspaces.taken(), 0U);
    EXPECT_EQ(server.free_log_records.taken(), 0U);
    EXPECT_EQ(server.context.listings.taken(), 0U);
    for (const conn::StreamBody& body : server.http2->bodies) EXPECT_FALSE(body.source.open());
  }
  // The last words of each line of the log.
  static std::string logged(TestServer& house) {
    std::string all = house.log();
    std::string said;
    for (size_t at = 0; at < all.size();) {
      size_t end = all.find('\n', at);
      said += (said.empty() ? "" : "; ") + all.substr(all.find("] \"", at) + 2, end - all.find("] \"", at) - 2);
      at = end + 1;
    }
    return said;
  }
};

TEST_F(Http2, BeginsWithThePreface) {
  for (size_t cut = 0; cut <= 24 + 9; cut++) {
    TestServer house(plan());
    Client client(house);
    std::string sent = std::string(h2::client_preface()) + settings_frame();
    client.send(sent.substr(0, cut));
    EXPECT_EQ(client.output().empty(), cut < 24) << cut;
    client.send(sent.substr(cut));
    std::string output = client.output();
    std::vector<Frame> frames = take_frames(output);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(describe(frames[0]) + "; " + describe(frames[1]), "SETTINGS; SETTINGS ack");
    EXPECT_EQ(client.timer(), Timer::first);
  }
}

TEST_F(Http2, WhatOnlyBeginsLikeThePrefaceIsHttp1) {
  for (const char* bytes : {"PRI * HTTP/2.0\r\n\r\nSN", "PRI * HTTP/1.1\r\nHost: a\r\n\r\n", "PRX"}) {
    TestServer house(plan());
    Client client(house);
    client.send(bytes);
    client.half_close();
    EXPECT_TRUE(begins(client.output(), "HTTP/1.1 ")) << bytes;
  }
  TestServer house(plan());
  Client client(house);
  client.send("PRI * HTTP/2.0\r\n");
  client.half_close();
  EXPECT_EQ(client.output(), "");
  EXPECT_TRUE(client.closed());
  Client later(house, 1);
  later.send(std::string(get_file) + std::string(h2::client_preface()));
  EXPECT_EQ(count(later.output(), "HTTP/1.1 505 ") + count(later.output(), "HTTP/1.1 400 "), 1U)
      << "the second request of a connection";
}

TEST_F(Http2, WithoutItThePrefaceIsNoRequest) {
  TestServer house(SmallSite::plan());
  Client client(house);
  client.send(h2::client_preface());
  EXPECT_TRUE(begins(client.output(), "HTTP/1.1 "));
}

// The same decisions: status, fields and body of a response are those of HTTP/1.
TEST_F(Http2, ARequestHasTheResponseThatItHasInHttp1) {
  tree.file("page.html", std::string(40'000, 'p'));
  for (int i = 0; i < 3000; i++) tree.file("many/" + std::to_string(i) + ".txt", "");
  struct Ask {
    std::string method;
    std::string path;
    Fields fields;
  };
  std::vector<Ask> asks;
  for (const char* path : {"/file.txt", "/empty.txt", "/big.bin", "/page.html", "/", "/dir", "/nothing", "/many/",
                           "/many/?format=json", "/%zz"}) {
    for (const char* method : {"GET", "HEAD", "POST", "OPTIONS"}) asks.push_back({method, path, {}});
    asks.push_back({"GET", path, {{"range", "bytes=3-9"}}});
    asks.push_back({"GET", path, {{"range", "bytes=1-2,30-40,-1"}}});
    asks.push_back({"HEAD", path, {{"range", "bytes=1-2,30-40,-1"}}});
    asks.push_back({"GET", path, {{"if-none-match", "*"}}});
    asks.push_back({"GET", path, {{"expect", "x"}}});
  }
  for (uint32_t cache_files : {0U, 16U}) {
    Plan with = plan();
    with.listings = 2;
    with.cache_files = cache_files;
    with.log = conn::LogFormat::off;
    TestServer house(with);
    for (const Ask& ask : asks) {
      house.server().boundaries = {};
      Client one(house, 1);
      std::string text = ask.method + " " + ask.path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
      for (const auto& [name, value] : ask.fields) text += name + ": " + value + "\r\n";
      one.send(text + "\r\n");
      one.half_close();
      std::string expected = one.output();
      size_t end = expected.find("\r\n\r\n") + 4;
      std::string body = expected.substr(end);
      Fields fields = {{":status", expected.substr(9, 3)}};
      bool chunked = false;
      for (size_t at = expected.find("\r\n") + 2; at + 2 < end; at = expected.find("\r\n", at) + 2) {
        std::string line = expected.substr(at, expected.find("\r\n", at) - at);
        std::string name = line.substr(0, line.find(':'));
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        chunked |= name == "transfer-encoding";
        if (name != "connection" && name != "transfer-encoding")
          fields.emplace_back(name, line.substr(line.find(':') + 2));
      }
      if (chunked && ask.method != "HEAD") {
        std::string whole;
        for (size_t at = 0; size_t size = std::stoul(body.substr(at), nullptr, 16); at += size + 2) {
          at = body.find("\r\n", at) + 2;
          whole += body.substr(at, size);
        }
        body = whole;
      }
      house.server().boundaries = {};
      H2Client two(house);
      two.send(headers(1, request_block(ask.path, ask.fields, ask.method)));
      H2Response got = two.whole(1);
      std::string name = ask.method + " " + ask.path + (ask.fields.empty() ? "" : " " + ask.fields[0].second);
      EXPECT_EQ(got.reset, "") << name;
      EXPECT_TRUE(got.ended) << name;
      EXPECT_TRUE(got.body == body) << name << " has another body";
      EXPECT_EQ(got.fields, fields) << name;
      EXPECT_EQ(two.client.timer(), Timer::idle) << name;
    }
    expect_nothing_left(house);
  }
}

TEST_F(Http2, ManyStreamsAtTheSameTime) {
  TestServer house(plan());
  {
    H2Client client(house);
    std::string all;
    for (uint32_t id = 1; id < 200; id += 2) all += get(id, id % 4 == 1 ? "/file.txt" : "/big.bin");
    client.send(all);
    for (int i = 0; i < 100'000 && !client.receiver[199].ended; i++) {
      std::string updates = window_update(0, 4'000'000);
      for (uint32_t id = 3; id < 200; id += 4) updates += window_update(id, 60'000);
      client.send(updates);
    }
    for (uint32_t id = 1; id < 200; id += 2) {
      EXPECT_TRUE(client[id].ended) << id;
      EXPECT_EQ(client[id].body.size(), id % 4 == 1 ? contents.size() : 3'000'000U);
    }
    EXPECT_EQ(client.frames(), "SETTINGS; SETTINGS ack");
  }
  expect_nothing_left(house);
}

TEST_F(Http2, FilesOfTheSameUrgencyTakeTurns) {
  TestServer house(plan());
  H2Client client(house);
  client.send(get(3, "/big.bin") + get(5, "/big.bin") + get(7, "/file.txt", {{"priority", "u=1"}}));
  client.send(window_update(0, 1'000'000));
  EXPECT_TRUE(begins(client.receiver.order, "7 3 5 3 5 3 5 3 5 ")) << client.receiver.order;
}

TEST_F(Http2, AWindowOfNothingAtFirst) {
  Plan with = plan();
  with.listings = 2;
  TestServer house(with);
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 0}}));
    client.send(get(1, "/nothing") + get(3, "/file.txt") + get(5, "/dir/") + get(7, "/empty.txt") +
                get(9, "/big.bin", {{"range", "bytes=0-1,50-50"}}));
    for (uint32_t id : {1U, 3U, 5U, 9U}) {
      EXPECT_TRUE(client[id].head) << id;
      EXPECT_FALSE(client[id].ended) << id;
      EXPECT_EQ(client[id].body, "") << id;
    }
    EXPECT_TRUE(client[7].ended);
    EXPECT_EQ(client.client.timer(), Timer::streams);
    for (uint32_t id : {1U, 3U, 5U, 9U}) {
      for (int i = 0; i < 500 && !client[id].ended; i++) client.send(window_update(id, 1));
      EXPECT_TRUE(client[id].ended) << id;
    }
    EXPECT_EQ(client[1].body, "404 Not Found\n");
    EXPECT_EQ(client[3].body, contents);
    EXPECT_EQ(client[5].body, "dir");
    EXPECT_EQ(client[9].status(), "206");
  }
  expect_nothing_left(house);
}

TEST_F(Http2, ABodyIsReadAndDropped) {
  Plan with = plan();
  with.body_max = 100'000;
  TestServer house(with);
  H2Client client(house);
  client.send(post(1));
  EXPECT_EQ(client[1].status(), "405");
  EXPECT_EQ(client.client.timer(), Timer::streams) << "the request is not complete";
  for (int i = 0; i < 6; i++) client.send(data(1, std::string(16'000, 'x')));
  EXPECT_EQ(client.frames(), "SETTINGS; SETTINGS ack; WINDOW_UPDATE 0 48000; WINDOW_UPDATE 1 48000; "
                             "WINDOW_UPDATE 0 48000; WINDOW_UPDATE 1 48000");
  client.send(data(1, "x", true));
  EXPECT_EQ(client.client.timer(), Timer::idle);
  client.send(post(3, {{"content-length", "100001"}}));
  EXPECT_EQ(client[3].status(), "413");
  client.send(post(7, {{"content-length", "5"}}) + headers(9, request_block("/", {}, std::string(99, 'M'))));
  EXPECT_EQ(client[7].status(), "405");
  EXPECT_EQ(client[9].status(), "501");
  client.send(post(11) + data(11, std::string(100, 'x')).substr(0, 20));
  EXPECT_EQ(client.client.timer(), Timer::head) << "a frame is incomplete";
}

TEST_F(Http2, AResponseThatIsCompleteKeepsNoWorkspace) {
  Plan with = plan();
  with.workspaces = 2;
  TestServer house(with);
  H2Client client(house);
  for (uint32_t id = 1; id < 20; id += 2) {
    client.send(post(id));
    EXPECT_EQ(client[id].status(), "405") << id;
    EXPECT_TRUE(client[id].ended) << id;
  }
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
}

TEST_F(Http2, PasswordsAreCheckedWhileOthersAreServed) {
  tree.file("private/a.txt", "secret");
  Lock lock("private");
  Plan with = plan();
  with.access = lock.access();
  TestServer house(with);
  {
    H2Client client(house);
    client.send(get(1, "/private/a.txt", {{"authorization", "Basic am9lOnNlY3JldA=="}}) +
                get(3, "/private/a.txt", {{"authorization", "Basic am9lOndyb25n"}}) + get(5, "/private/a.txt") +
                get(7, "/file.txt"));
    EXPECT_EQ(client[1].status(), "200");
    EXPECT_EQ(client[1].body, "secret");
    EXPECT_EQ(client[3].status(), "401");
    EXPECT_EQ(client[5].status(), "401");
    EXPECT_EQ(client[7].body, contents);
    EXPECT_LT(client.receiver.order.find("7 "), client.receiver.order.find("1 ")) << "who needs no check comes first";
  }
  EXPECT_NE(house.log().find(" - joe ["), std::string::npos);
  expect_nothing_left(house);
}

// Of several files that are large, but not too large for that, one a turn is hashed while its request waits.
TEST_F(Http2, StreamsWaitForHashes) {
  Plan with = plan();
  with.workspaces = 8;
  for (char name = 'a'; name < 'f'; name++) tree.file(std::string(1, name), std::string(700'000, name));
  TestServer house(with);
  set_time(house, 1'000'000); // the files are not new any more
  {
    H2Client client(house);
    client.send(get(1, "/a") + get(3, "/b") + get(5, "/c") + get(7, "/d") + get(9, "/e") +
                get(11, "/file.txt", {{"priority", "u=0"}}));
    EXPECT_EQ(client[11].body, contents);
    for (uint32_t id = 1; id < 11; id += 2)
      EXPECT_EQ(client.whole(id).body, std::string(700'000, static_cast<char>('a' + id / 2))) << id;
    for (char name = 'a'; name < 'f'; name++) tree.file(std::string(1, name), std::string(700'001, name));
    client.send(get(13, "/a") + get(15, "/b") + get(17, "/c") + rst_stream(17));
    EXPECT_EQ(client.whole(15).body.size(), 700'001U);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, ThePeerEndsWhileAHashIsComputed) {
  Plan with = plan();
  with.workspaces = 8;
  for (char name = 'a'; name < 'd'; name++) tree.file(std::string(1, name), std::string(700'000, name));
  TestServer house(with);
  set_time(house, 1'000'000); // the files are not new any more
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 0}}));
    std::string asks = get(1, "/a") + get(3, "/b") + get(5, "/c");
    client.receiver.sends(asks);
    client.client.send_last(asks);
    client.update();
    for (uint32_t id : {1U, 3U, 5U}) EXPECT_EQ(client[id].status(), "200");
    EXPECT_EQ(client.client.timer(), Timer::streams);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, Listings) {
  for (int i = 0; i < 3000; i++) tree.file("many/" + std::to_string(i) + ".txt", "");
  Plan with = plan();
  with.listings = 2;
  TestServer house(with);
  {
    H2Client client(house);
    client.send(get(1, "/many/") + get(3, "/many/", {{"priority", "u=1"}}));
    EXPECT_EQ(house.server().context.listings.taken(), 2U);
    client.send(rst_stream(1));
    EXPECT_EQ(house.server().context.listings.taken(), 1U) << "given back";
    house.server().context.generation++; // the sites are read anew
    EXPECT_EQ(client.whole(3).reset, "INTERNAL_ERROR");
    EXPECT_TRUE(client.ask(5, "/many/").ended);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, AStreamLeavesWhileItsPasswordIsChecked) {
  tree.file("private/a.txt", "secret");
  Lock lock("private");
  Plan with = plan();
  with.access = lock.access();
  TestServer house(with);
  {
    H2Client client(house);
    client.send(get(1, "/private/a.txt", {{"authorization", "Basic am9lOnNlY3JldA=="}}) + rst_stream(1));
    EXPECT_FALSE(lock.authenticator.busy());
    client.send(get(3, "/private/a.txt", {{"authorization", "Basic am9lOnNlY3JldA=="}}));
    EXPECT_EQ(client[3].body, "secret");
  }
  expect_nothing_left(house);
}

// What needs no workspace is served; what needs one may be asked for again (RFC 9113 section 8.7).
TEST_F(Http2, NoWorkspaceIsFree) {
  Plan with = plan();
  with.workspaces = 1;
  with.listings = 1;
  for (const char* name : {"hash0", "hash1"}) tree.file(name, std::string(700'000, 'h'));
  TestServer house(with);
  set_time(house, 1'000'000); // they are not new any more
  {
    H2Client client(house);
    client.send(get(1, "/nothing") + get(3, "/file.txt") + get(5, "/big.bin", {{"range", "bytes=0-1,50-50"}}) +
                get(15, "/hash0") + get(17, "/hash1") + get(19, "/dir") + headers(21, request_block("/nothing", {}, "HEAD")));
    EXPECT_EQ(client[1].reset, "REFUSED_STREAM");
    EXPECT_EQ(client[3].body, contents);
    EXPECT_EQ(client[5].reset, "REFUSED_STREAM");
    EXPECT_EQ(client[15].status(), "200");
    EXPECT_EQ(client[17].reset, "REFUSED_STREAM") << "it would have to wait for its hash";
    EXPECT_EQ(client[21].status(), "404");
    tree.directory("list");
    client.send(get(23, "/list/"));
    EXPECT_EQ(client[23].reset, "REFUSED_STREAM");
    EXPECT_EQ(house.server().context.listings.taken(), 0U);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, NoStreamIsFree) {
  Plan with = plan();
  with.h2_pool = 1;
  TestServer house(with);
  {
    H2Client first(house);
    first.send(post(1));
    H2Client second(house, 1);
    second.send(get(1, "/file.txt"));
    EXPECT_EQ(second[1].reset, "REFUSED_STREAM");
    first.send(data(1, "", true));
    second.send(get(3, "/file.txt"));
    EXPECT_EQ(second[3].body, contents);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, NoSessionIsFree) {
  Plan with = plan();
  with.h2_sessions = 1;
  TestServer house(with);
  {
    H2Client first(house);
    H2Client second(house, 1);
    EXPECT_EQ(second.frames(), "SETTINGS; GOAWAY 0 NO_ERROR");
    EXPECT_TRUE(second.client.shut());
    EXPECT_FALSE(second.client.closed()) << "lingers, so that GOAWAY is not lost to a reset";
    EXPECT_EQ(first.ask(1, "/file.txt").body, contents);
    first.client.half_close();
    EXPECT_TRUE(first.client.closed());
    H2Client third(house, 2);
    EXPECT_EQ(third.ask(1, "/file.txt").body, contents);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, AFileThatShrinks) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.send(get(1, "/big.bin") + get(3, "/file.txt"));
    EXPECT_TRUE(client[1].head);
    std::filesystem::resize_file(tree.path("big.bin"), 1500);
    EXPECT_EQ(client.whole(1).reset, "INTERNAL_ERROR");
    EXPECT_EQ(client[3].body, contents);
    EXPECT_EQ(client.ask(5, "/big.bin").body.size(), 1500U) << "the connection goes on";
  }
  expect_nothing_left(house);
  EXPECT_EQ(count(logged(house), " aborted"), 1U) << logged(house);
}

TEST_F(Http2, TooManyOfThemEndTheConnection) {
  TestServer house(plan());
  H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 1}}));
  uint32_t id = 1;
  for (; id < 1000 && !client.receiver.leaving; id += 2) {
    tree.file("file" + std::to_string(id), std::string(2000, 'x'));
    client.send(get(id, "/file" + std::to_string(id)));
    std::filesystem::resize_file(tree.path("file" + std::to_string(id)), 1);
    client.send(window_update(id, limits::h2_small));
  }
  EXPECT_EQ(client.receiver.error, Error::enhance_your_calm);
  EXPECT_EQ(id, 2 * limits::h2_budget / limits::h2_cost_reset + 3U);
  EXPECT_TRUE(client.client.shut()) << "GOAWAY is the last frame";
}

TEST_F(Http2, AStreamThatWaitsForThePeerTooLong) {
  TestServer house(plan());
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 1}}));
    set_time(house, 1'000'000);
    client.send(get(1, "/file.txt"));
    set_time(house, 1'005'000);
    client.send(post(3) + window_update(1, 2)); // which is no progress
    client.send(window_update(3, 100));
    EXPECT_EQ(client[3].status(), "405");
    EXPECT_EQ(client.client.timer(), Timer::streams);
    set_time(house, 1'000'000 + durations_ms[static_cast<size_t>(Timer::streams)] - 1);
    client.run();
    EXPECT_EQ(client[1].reset, "");
    set_time(house, 1'000'000 + durations_ms[static_cast<size_t>(Timer::streams)]);
    client.timeout();
    EXPECT_EQ(client[1].reset, "CANCEL");
    EXPECT_EQ(client[1].body, "abc");
    EXPECT_EQ(client[3].reset, "");
    set_time(house, 1'005'000 + durations_ms[static_cast<size_t>(Timer::streams)]);
    client.timeout();
    EXPECT_EQ(client[3].reset, "CANCEL");
    EXPECT_EQ(client.client.timer(), Timer::idle);
    EXPECT_EQ(client.ask(5, "/file.txt").body, contents);
  }
  expect_nothing_left(house);
}

TEST_F(Http2, TooManyOfThoseEndTheConnection) {
  Plan with = plan();
  with.h2_streams = 128;
  TestServer house(with);
  set_time(house, 1'000'000);
  H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 0}}));
  std::string all;
  for (uint32_t id = 1; id < 2 * 120; id += 2) all += get(id, "/file.txt");
  client.send(all);
  set_time(house, 1'000'000 + durations_ms[static_cast<size_t>(Timer::streams)]);
  client.timeout();
  for (int i = 0; i < 10 && !client.receiver.leaving; i++) client.run();
  EXPECT_EQ(client.receiver.error, Error::enhance_your_calm);
  EXPECT_TRUE(client.client.shut());
}

TEST_F(Http2, APeerThatTakesHardlyAnything) {
  TestServer house(plan());
  set_time(house, 1'000'000);
  H2Client client(house);
  client.send(get(1, "/big.bin"));
  EXPECT_EQ(client[1].body.size(), size_t{limits::h2_window});
  client.send(window_update(1, 5000)); // and the connection's window stays shut
  EXPECT_EQ(client.client.timer(), Timer::streams);
  int64_t patience = durations_ms[static_cast<size_t>(Timer::streams)];
  set_time(house, 1'000'000 + patience - 1);
  client.send(window_update(0, 500));
  EXPECT_FALSE(client.receiver.leaving);
  set_time(house, 1'000'000 + patience + 1);
  client.timeout();
  EXPECT_TRUE(client.receiver.leaving);
  EXPECT_EQ(client.receiver.error, Error::enhance_your_calm);
}

TEST_F(Http2, WhatEachDeadlineEnds) {
  for (Timer timer : {Timer::first, Timer::idle, Timer::head, Timer::send}) {
    TestServer house(plan());
    H2Client client(house);
    if (timer == Timer::idle) client.send(get(1, "/file.txt"));
    if (timer == Timer::head) client.send(get(1, "/file.txt").substr(0, 5));
    if (timer == Timer::send) {
      client.client.take_at_most(0);
      client.send(get(1, "/big.bin"));
    }
    EXPECT_EQ(client.client.timer(), timer);
    client.client.take_at_most(SIZE_MAX);
    client.timeout();
    EXPECT_TRUE(client.receiver.leaving);
    EXPECT_EQ(client.receiver.error, Error::no_error);
    EXPECT_TRUE(client.client.shut());
    client.client.half_close();
    EXPECT_TRUE(client.client.closed());
    expect_nothing_left(house);
  }
}

TEST_F(Http2, ADeadlineWhereNoWorkspaceIsFree) {
  Plan with = plan();
  with.workspaces = 1;
  TestServer house(with);
  H2Client client(house);
  Client other(house, 1);
  other.send("GET");
  client.client.timeout();
  EXPECT_TRUE(client.client.closed());
  EXPECT_EQ(house.server().http2->free_sessions.taken(), 0U);
}

TEST_F(Http2, RequestsOfAConnectionAreCounted) {
  Plan with = plan();
  with.requests_max = 3;
  TestServer house(with);
  {
    H2Client client(house);
    client.send(get(1, "/file.txt") + get(3, "/file.txt"));
    EXPECT_FALSE(client.receiver.leaving);
    client.frames();
    client.send(post(5));
    EXPECT_EQ(client.frames(), "GOAWAY 2147483647 NO_ERROR; PING draining");
    client.send(get(7, "/file.txt"));
    EXPECT_EQ(client[7].body, contents) << "it was under way";
    client.send(ping("draining", h2::flag::ack));
    EXPECT_EQ(client.frames(), "GOAWAY 7 NO_ERROR");
    client.send(get(9, "/file.txt"));
    EXPECT_FALSE(client[9].head);
    EXPECT_FALSE(client.client.shut()) << "a stream is open";
    client.send(data(5, "x", true));
    EXPECT_TRUE(client.client.shut());
  }
  expect_nothing_left(house);
}

TEST_F(Http2, DrainsWhenTheServerEnds) {
  TestServer house(plan());
  H2Client busy(house);
  busy.send(get(1, "/big.bin"));
  H2Client idle(house, 1);
  house.server().http2->drains = true;
  busy.run();
  idle.run();
  EXPECT_EQ(idle.frames(), "SETTINGS; SETTINGS ack; GOAWAY 2147483647 NO_ERROR; PING draining");
  EXPECT_EQ(idle.client.timer(), Timer::linger);
  idle.timeout(); // it does not answer
  EXPECT_EQ(idle.frames(), "GOAWAY 0 NO_ERROR");
  EXPECT_TRUE(idle.client.shut());
  busy.send(ping("draining", h2::flag::ack));
  EXPECT_FALSE(busy.client.shut());
  EXPECT_EQ(busy.whole(1).body.size(), 3'000'000U);
  EXPECT_TRUE(busy.client.shut());
}

TEST_F(Http2, ThePeerLeaves) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.send(get(1, "/big.bin") + goaway());
    EXPECT_EQ(client.whole(1).body.size(), 3'000'000U);
    EXPECT_TRUE(client.client.shut());
  }
  {
    H2Client half(house, 1);
    half.send(get(1, "/big.bin"));
    half.client.half_close();
    EXPECT_FALSE(half.client.closed()) << "the response is under way";
    EXPECT_EQ(half.client.timer(), Timer::streams);
  }
  {
    H2Client wide(house, 2, settings_frame({{Setting::initial_window_size, 4'000'000}}));
    wide.send(window_update(0, 4'000'000) + get(1, "/big.bin"));
    wide.client.half_close();
    wide.update();
    EXPECT_EQ(wide[1].body.size(), 3'000'000U);
    EXPECT_TRUE(wide.client.closed());
  }
  expect_nothing_left(house);
}

TEST_F(Http2, AnErrorEndsTheConnectionWhenGoawayIsOut) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.send(get(1, "/big.bin") + data(0, "x") + get(3, "/file.txt"));
    EXPECT_EQ(client.receiver.error, Error::protocol_error);
    EXPECT_EQ(client.receiver.last, 1U);
    EXPECT_FALSE(client[3].head);
    EXPECT_TRUE(client.client.shut());
    client.client.send(std::string(50'000, 'x'));
    EXPECT_FALSE(client.client.closed()) << "what still comes is dropped";
    client.client.half_close();
    EXPECT_TRUE(client.client.closed());
  }
  {
    H2Client client(house, 1);
    client.send(get(1, "/big.bin"));
    client.client.fail();
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
}

TEST_F(Http2, TheOutputIsFull) {
  TestServer house(plan());
  set_time(house, 1'000'000);
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 40'000}}));
    for (uint32_t id = 1; id < 20; id += 2) client.send(post(id)); // which wait for the end of their bodies
    client.client.take_at_most(0);
    client.send(get(21, "/big.bin"));
    for (int i = 0; i < 40; i++) client.send(ping()); // now there is no room for another answer
    set_time(house, 1'000'000 + durations_ms[static_cast<size_t>(Timer::streams)]);
    house.server().http2->drains = true;
    client.run();
    const conn::Workspace& work = house.server().workspaces[client.client.connection().workspace];
    EXPECT_LT(limits::output_bytes - work.out_end, limits::h2_control_room);
    EXPECT_EQ(house.server().http2->shared.streams.free.taken(), 11U) << "they are overdue, and cannot be told";
    std::string many;
    for (uint32_t id = 23; id < 1200; id += 2) many += get(id, "/file.txt");
    client.send(many);
    client.client.half_close();
    client.run();
    EXPECT_FALSE(client.client.closed());
    client.client.take_at_most(SIZE_MAX);
    client.run();
    EXPECT_EQ(client[1].reset, "CANCEL");
    EXPECT_GT(count(client.frames(), "PING ack"), 20U);
  }
  expect_nothing_left(house);
}

// A blocked write never stops reading, until the output is full.
TEST_F(Http2, ReadsWhileNothingCanBeWritten) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.client.take_at_most(0);
    client.send(get(1, "/big.bin"));
    EXPECT_EQ(client.client.timer(), Timer::send);
    client.send(rst_stream(1));
    EXPECT_EQ(house.server().http2->shared.streams.free.taken(), 0U);
    for (uint32_t id = 3; id < 250; id += 2) client.send(get(id, "/file.txt"));
    EXPECT_EQ(house.server().http2->shared.streams.free.taken(), 0U) << "there is no room for their responses";
    client.client.take_at_most(SIZE_MAX);
    client.run();
    for (uint32_t id = 3; id < 250; id += 2) {
      EXPECT_EQ(client[id].body, contents) << id;
    }
  }
  expect_nothing_left(house);
}

TEST_F(Http2, TheSameInPieces) {
  std::string sent = std::string(h2::client_preface()) + settings_frame() + get(1, "/file.txt") + post(3) +
                     data(3, "abc", true) + get(5, "/nothing") + ping() + in_fragments(7, request_block("/dir/"), 3);
  auto output = [&](size_t piece, size_t take) {
    TestServer house(plan());
    Client client(house);
    client.take_at_most(take);
    for (size_t at = 0; at < sent.size(); at += piece) client.send(sent.substr(at, piece));
    for (int i = 0; i < 5000; i++) client.run();
    std::string bytes = client.output();
    std::string said;
    H2Receiver receiver;
    receiver.sends(sent.substr(24));
    receiver.take(bytes);
    EXPECT_EQ(receiver.fault, "");
    for (const auto& [id, response] : receiver.responses())
      said += std::to_string(id) + " " + response.status() + " " + response.body + (response.ended ? " END; " : "; ");
    return said + receiver.frames;
  };
  std::string whole = output(SIZE_MAX / 2, SIZE_MAX);
  for (size_t piece : {1, 2, 7, 100}) EXPECT_EQ(output(piece, SIZE_MAX), whole) << piece;
  for (size_t take : {1, 3, 500}) EXPECT_EQ(output(SIZE_MAX / 2, take), whole) << take;
}

TEST_F(Http2, LogLines) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.send(get(1, "/file.txt") + headers(3, request_block("/file.txt", {}, "HEAD")) + get(5, "/nothing"));
    EXPECT_EQ(logged(house),
              "\"HEAD /file.txt HTTP/2.0\" 200 0; \"GET /file.txt HTTP/2.0\" 200 26; \"GET /nothing HTTP/2.0\" 404 14")
        << "in the order in which they are complete";
    client.send(get(7, "/big.bin"));
    client.send(window_update(7, 100'000) + window_update(0, 4505)); // 70,000 bytes in all
    client.send(rst_stream(7));
    EXPECT_TRUE(ends(logged(house), "; \"GET /big.bin HTTP/2.0\" 200 70000 aborted")) << logged(house);
    client.send(get(9, "/file.txt"));
    client.client.fail();
  }
  EXPECT_EQ(count(house.log(), "\n"), 5U) << house.log();
  expect_nothing_left(house);
}

TEST_F(Http2, LogLinesWhereNoRecordIsFree) {
  Plan with = plan();
  with.log_records = 0;
  TestServer house(with);
  H2Client client(house);
  EXPECT_EQ(client.ask(1, "/file.txt").body, contents);
  EXPECT_EQ(logged(house), "\"GET /file.txt HTTP/2.0\" 200 26 early");
}

TEST_F(Http2, TheCaseStudyHasOneLineForAConnection) {
  Plan with = plan();
  with.log = conn::LogFormat::case_study;
  TestServer house(with);
  H2Client client(house);
  (void)client.ask(1, "/file.txt");
  (void)client.ask(3, "/file.txt");
  EXPECT_EQ(count(house.log(), "\n"), 1U) << house.log();
}

// A frame costs no more than its bytes and the streams that are open.
TEST_F(Http2, AFrameCostsLittle) {
  Plan with = plan();
  with.h2_streams = 128;
  TestServer house(with);
  H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 0}}));
  for (uint32_t id = 1; id < 250; id += 2) client.send(get(id, "/file.txt"));
  struct Row {
    const char* name;
    std::string sent;
  };
  const std::string entry = number(4, 2) + number(100, 4);
  std::string entries;
  while (entries.size() + entry.size() <= limits::h2_frame_max) entries += entry;
  for (const Row& row : std::vector<Row>{
           {"HTTP/2 PING", ping()},
           {"HTTP/2 SETTINGS", settings_frame({{Setting::initial_window_size, 1}})},
           {"HTTP/2 long SETTINGS", frame(FrameType::settings, 0, 0, entries)},
           {"HTTP/2 WINDOW_UPDATE", window_update(249, 1)},
           {"HTTP/2 PRIORITY_UPDATE", priority_update(249, "u=1, i")},
           {"HTTP/2 RST_STREAM", rst_stream(249)},
           {"HTTP/2 HEADERS", get(251, "/file.txt")},
           {"HTTP/2 fragments",
            in_fragments(253, request_block("/file.txt", {{"x", std::string(15'000, 'x')}}), 17)},
       }) {
    Cost cost;
    size_t before = client.client.events();
    client.send(row.sent);
    size_t events = client.client.events() - before;
    EXPECT_TRUE(within_bound(row.name, row.sent.size(), bound::h2_frames(row.sent.size(), events, limits::h2_streams_max)));
  }
}

} // namespace
} // namespace minhttp::test
