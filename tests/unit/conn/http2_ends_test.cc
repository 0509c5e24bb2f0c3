// SPDX-License-Identifier: MIT
// How streams and connections of HTTP/2 end, what is logged of them, and what they cost.

#include "conn/http2.h"

#include <gtest/gtest.h>

#include "unit/conn/http2_fixture.h"

namespace minhttp::test {
namespace {

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
    EXPECT_TRUE(half.client.closed()) << "nothing opens its window any more";
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
  for (size_t piece : {1U, 2U, 7U, 100U}) EXPECT_EQ(output(piece, SIZE_MAX), whole) << piece;
  for (size_t take : {1U, 3U, 500U}) EXPECT_EQ(output(SIZE_MAX / 2, take), whole) << take;
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

TEST_F(Http2, LogLinesOfEachFormat) {
  for (auto [format, end] : {std::pair(conn::LogFormat::combined, "\" 200 26 \"b\" \"-\"\n"),
                             {conn::LogFormat::json, ",\"referer\":\"b\"}\n"},
                             {conn::LogFormat::common, "\" 200 26\n"}}) {
    Plan with = plan();
    with.log = format;
    TestServer house(with);
    std::string path(limits::log_line_max, 'p');
    H2Client client(house);
    EXPECT_EQ(client.ask(1, "/file.txt", {{"referer", "b"}}).body, contents);
    EXPECT_TRUE(ends(house.log(), end)) << house.log();
    EXPECT_EQ(count(house.log(), "early"), 0U);
    EXPECT_EQ(client.ask(3, "/" + path).status(), "404");
    EXPECT_EQ(count(house.log(), "early"), 1U) << "too long for a record";
    EXPECT_EQ(count(house.log(), path), 1U);
    EXPECT_EQ(count(house.log(), "HTTP/2.0\""), 2U);
  }
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
           {"HTTP/2 fragments", in_fragments(253, request_block("/file.txt", {{"x", std::string(15'000, 'x')}}), 17)},
       }) {
    Cost cost;
    size_t before = client.client.events();
    client.send(row.sent);
    size_t events = client.client.events() - before;
    EXPECT_TRUE(
        within_bound(row.name, row.sent.size(), bound::h2_frames(row.sent.size(), events, limits::h2_streams_max)));
  }
}

} // namespace
} // namespace minhttp::test
