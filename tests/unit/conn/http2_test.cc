// SPDX-License-Identifier: MIT
// A connection that speaks HTTP/2, as a client sees it.

#include "conn/http2.h"

#include <gtest/gtest.h>

#include "unit/conn/http2_fixture.h"

namespace minhttp::test {
namespace {

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
      for (int i = 0; i < 500 && !client[id].ended; i++) client.send(window_update(id, 7));
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
  EXPECT_EQ(client.frames(),
            "SETTINGS; SETTINGS ack; WINDOW_UPDATE 0 48000; WINDOW_UPDATE 1 48000; "
            "WINDOW_UPDATE 0 48000; WINDOW_UPDATE 1 48000");
  client.send(data(1, "x", true));
  EXPECT_EQ(client.client.timer(), Timer::idle);
  client.send(post(3, {{"content-length", "100001"}}));
  EXPECT_EQ(client[3].status(), "413");
  client.send(post(5) + data(5, std::string(100, 'x')).substr(0, 20));
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
                get(15, "/hash0") + get(17, "/hash1") + get(19, "/dir") +
                headers(21, request_block("/nothing", {}, "HEAD")));
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

} // namespace
} // namespace minhttp::test
