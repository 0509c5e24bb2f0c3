// SPDX-License-Identifier: MIT
// The peer goes, or ends its side, while the server is in the middle of something.

#include <gtest/gtest.h>

#include "conn/http2.h"
#include "unit/conn/http2_fixture.h"

namespace minhttp::test {
namespace {

struct Http2Leaves : Http2 {
  Http2Leaves() {
    for (const char* name : {"hash0", "hash1"}) tree.file(name, std::string(hashed, 'h'));
    for (int i = 0; i < 300; i++) tree.file("list/" + std::to_string(1000 + i) + std::string(100, 'n'), "");
  }
  Plan plan() {
    Plan made = Http2::plan();
    made.listings = 2;
    made.workspaces = 6;
    return made;
  }
  static constexpr size_t hashed = 700'000; // bytes: not one turn's work
  // Its windows hold a whole response.
  static std::string wide() {
    return settings_frame({{Setting::initial_window_size, 4'000'000}}) + window_update(0, 4'000'000);
  }
};

TEST_F(Http2Leaves, WhileAFileIsHashed) {
  TestServer house(plan());
  set_time(house, 1'000'000); // the files are not new any more
  {
    H2Client client(house, 0, wide());
    client.send(get(1, "/hash0") + get(3, "/hash1") + rst_stream(3)); // the first uses up the work of a turn
    EXPECT_EQ(client[1].body.size(), hashed);
    EXPECT_FALSE(client[3].head);
    EXPECT_EQ(client.ask(5, "/hash1").body.size(), hashed) << "a stream that left holds up nobody";
  }
  {
    H2Client client(house, 1, wide());
    std::string last = get(1, "/hash0");
    client.receiver.sends(last);
    client.client.send_last(last);
    client.update();
    EXPECT_EQ(client[1].body.size(), hashed) << "the peer's end does not take its responses";
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
}

// Another client's file has used up the work of the turn, and this client sends nothing more.
TEST_F(Http2Leaves, WhileAFileWaitsForTheNextTurn) {
  TestServer house(plan());
  set_time(house, 1'000'000); // the files are not new any more
  Client other(house, 1);
  other.send("GET /hash0 HTTP/1.1\r\nHost: a\r\n\r\n");
  {
    H2Client client(house, 0, wide());
    std::string last = get(1, "/hash1");
    client.receiver.sends(last);
    client.client.send_last(last);
    client.update();
    EXPECT_EQ(client[1].body.size(), hashed);
    EXPECT_EQ(client[1].field("etag").size(), 24U);
    EXPECT_TRUE(client.client.closed());
  }
}

TEST_F(Http2Leaves, WhileAPasswordIsChecked) {
  tree.file("private/a.txt", "secret");
  Lock lock("private");
  Plan with = plan();
  with.access = lock.access();
  TestServer house(with);
  {
    H2Client client(house);
    std::string last = get(1, "/private/a.txt", {{"authorization", "Basic am9lOnNlY3JldA=="}});
    client.receiver.sends(last);
    client.client.send_last(last);
    client.update();
    EXPECT_EQ(client[1].body, "secret");
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
}

TEST_F(Http2Leaves, WhileADirectoryIsListed) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.send(settings_frame({{Setting::initial_window_size, 2000}}) + get(1, "/list/") + get(3, "/list/"));
    EXPECT_EQ(client[1].status(), "200");
    EXPECT_EQ(client[1].body.size(), 2000U);
    EXPECT_EQ(house.server().context.listings.taken(), 2U);
    client.send(rst_stream(1));
    EXPECT_EQ(house.server().context.listings.taken(), 1U);
    client.client.half_close(); // nothing opens the window of the other any more
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
  {
    H2Client client(house, 1, wide());
    std::string last = get(1, "/list/");
    client.receiver.sends(last);
    client.client.send_last(last);
    client.update();
    EXPECT_TRUE(client[1].ended);
    EXPECT_EQ(count(client[1].body, "nn\">"), 300U) << "each name";
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
}

// A listing takes several turns, in which nothing is sent or received.
TEST_F(Http2Leaves, WhileALargeDirectoryIsRead) {
  for (int i = 0; i < 700; i++) tree.file("many/" + std::to_string(i), "");
  TestServer house(plan());
  {
    H2Client client(house, 0, wide());
    std::string last = get(1, "/many/");
    client.receiver.sends(last);
    client.client.send_last(last);
    client.update();
    EXPECT_TRUE(client[1].ended);
    EXPECT_EQ(count(client[1].body, "<bdi>"), 700U) << "each name";
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
}

// After a reload a listing's links may be wrong.
TEST_F(Http2Leaves, AListingEndsWithAReload) {
  TestServer house(plan());
  {
    H2Client client(house, 0, settings_frame({{Setting::initial_window_size, 2000}}));
    client.send(get(1, "/list/"));
    EXPECT_EQ(client[1].body.size(), 2000U);
    house.server().context.generation++;
    EXPECT_EQ(client.whole(1).reset, "INTERNAL_ERROR");
    EXPECT_EQ(client.ask(3, "/file.txt").body, contents) << "the connection goes on";
  }
  expect_nothing_left(house);
  EXPECT_EQ(count(logged(house), "\"GET /list/ HTTP/2.0\" 200 "), 1U);
  EXPECT_EQ(count(logged(house), " aborted"), 1U) << logged(house);
}

TEST_F(Http2Leaves, WhileTheOutputIsFull) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.client.take_at_most(0);
    std::string all;
    for (uint32_t id = 1; id < 150; id += 2) all += get(id, "/big.bin");
    client.send(all);
    EXPECT_EQ(client.client.timer(), Timer::send);
    client.client.half_close();
    EXPECT_FALSE(client.client.closed()) << "it may still read what was sent";
    client.client.fail();
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
  {
    H2Client client(house, 1);
    client.client.take_at_most(0);
    std::string all;
    for (uint32_t id = 1; id < 30; id += 2) all += get(id, "/file.txt");
    client.receiver.sends(all);
    client.client.send_last(all);
    client.client.take_at_most(SIZE_MAX);
    client.run();
    for (uint32_t id = 1; id < 30; id += 2) EXPECT_EQ(client[id].body, contents) << id;
    EXPECT_TRUE(client.client.closed());
  }
  expect_nothing_left(house);
}

// The output is full and the input too: streams that are reset meanwhile are gone when there is room again.
TEST_F(Http2Leaves, StreamsBehindAFullOutput) {
  TestServer house(plan());
  {
    H2Client client(house);
    client.client.take_at_most(0);
    std::string all = get(1, "/big.bin");
    for (uint32_t id = 3; id < 60; id += 2) all += get(id, "/file.txt") + rst_stream(id);
    client.send(all + get(61, "/file.txt"));
    client.client.take_at_most(SIZE_MAX);
    client.run();
    EXPECT_EQ(client[61].body, contents);
    EXPECT_EQ(house.server().http2->shared.streams.free.taken(), 1U) << "the large file";
    EXPECT_EQ(client.whole(1).body.size(), 3'000'000U);
  }
  expect_nothing_left(house);
}

TEST_F(Http2Leaves, TheNextClientGetsASessionWhereAllWereInUse) {
  Plan with = plan();
  with.h2_sessions = 2;
  TestServer house(with);
  {
    H2Client first(house);
    first.send(get(1, "/big.bin"));
    H2Client second(house, 1);
    H2Client refused(house, 2);
    EXPECT_EQ(refused.frames(), "SETTINGS; GOAWAY 0 NO_ERROR");
    refused.client.half_close();
    EXPECT_TRUE(refused.client.closed());
    Client old(house, 2);
    old.send(get_file);
    EXPECT_TRUE(ends(old.output(), contents)) << "HTTP/1 needs none";
    first.client.fail(); // in the middle of a response
    H2Client next(house, 0);
    EXPECT_EQ(next.ask(1, "/file.txt").body, contents);
  }
  expect_nothing_left(house);
}

} // namespace
} // namespace minhttp::test
