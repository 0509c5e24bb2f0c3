// SPDX-License-Identifier: MIT
// Frames that carry no request, and how a session ends.

#include "h2/session.h"

#include <gtest/gtest.h>

#include "unit/h2/session_rows.h"

namespace minhttp::test {
namespace {

using h2::Session;
namespace flag = h2::flag;

TEST(Session, ThePeerResetsAStream) { // section 6.4
  for (const Row& row : std::vector<Row>{
           {"that is open", get(1, "/a") + rst_stream(1) + get(3, "/b"), "request 1 /a; reset 1; request 3 /b"},
           {"twice", get(1, "/a") + rst_stream(1) + rst_stream(1), "request 1 /a; reset 1"},
           {"that we have reset", headers(1, "") + rst_stream(1), "RST_STREAM 1 PROTOCOL_ERROR"},
           {"too short", get(1, "/a") + frame(FrameType::rst_stream, 0, 1, "abc"),
            "request 1 /a; GOAWAY 1 FRAME_SIZE_ERROR"},
           {"of the connection", rst_stream(0), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of ours", get(3, "/a") + rst_stream(2), "request 3 /a; GOAWAY 3 PROTOCOL_ERROR"},
           {"that is idle", get(1, "/a") + rst_stream(3), "request 1 /a; GOAWAY 1 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
}

TEST(Session, SettingsOfThePeer) { // section 6.5
  auto one = [](Setting name, uint32_t value) { return settings_frame({{name, value}}); };
  for (const Row& row : std::vector<Row>{
           {"none", settings_frame(), "SETTINGS ack"},
           {"all",
            settings_frame({{Setting::header_table_size, 0},
                            {Setting::enable_push, 1},
                            {Setting::max_concurrent_streams, 0},
                            {Setting::initial_window_size, h2::stream_max},
                            {Setting::max_frame_size, (1 << 24) - 1},
                            {Setting::max_header_list_size, 0},
                            {Setting::no_rfc7540_priorities, 1},
                            {Setting{0xffff}, 0xffff'ffff}}),
            "SETTINGS ack"},
           {"an acknowledgement", settings_ack(), ""},
           {"an acknowledgement with contents", frame(FrameType::settings, flag::ack, 0, "abcdef"),
            "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"of a stream", frame(FrameType::settings, 0, 1), "GOAWAY 0 PROTOCOL_ERROR"},
           {"half an entry", frame(FrameType::settings, 0, 0, "abcdefg"), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"push, perhaps", one(Setting::enable_push, 2), "GOAWAY 0 PROTOCOL_ERROR"},
           {"frames that are too short", one(Setting::max_frame_size, 16'383), "GOAWAY 0 PROTOCOL_ERROR"},
           {"frames that are too long", one(Setting::max_frame_size, 1 << 24), "GOAWAY 0 PROTOCOL_ERROR"},
           {"a window that is too large", one(Setting::initial_window_size, 1U << 31), "GOAWAY 0 FLOW_CONTROL"},
           {"priorities, perhaps", one(Setting::no_rfc7540_priorities, 2), "GOAWAY 0 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
}

TEST(Session, FramesOfTheConnection) {
  for (const Row& row : std::vector<Row>{
           {"PING", ping("abcdefgh"), "PING ack abcdefgh"},
           {"its answer", ping("draining", flag::ack), ""},
           {"PING of a stream", frame(FrameType::ping, 0, 1, "12345678"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"PING of seven bytes", ping("1234567"), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"GOAWAY", goaway() + ping(), "PING ack 12345678"},
           {"GOAWAY of a stream", frame(FrameType::goaway, 0, 1, "12345678"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"GOAWAY of seven bytes", frame(FrameType::goaway, 0, 0, "1234567"), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"PUSH_PROMISE", get(1, "/a") + frame(FrameType::push_promise, 0, 1, "1234"),
            "request 1 /a; GOAWAY 1 PROTOCOL_ERROR"},
           {"unknown frames", frame(FrameType{99}, 255, 5, "abc") + frame(FrameType{10}, 0, 0) + ping(),
            "PING ack 12345678"},
       }) {
    expect_row(row);
  }
}

TEST(Session, WindowsOfThePeer) { // section 6.9
  for (const Row& row : std::vector<Row>{
           {"of the connection", window_update(0, 5), ""},
           {"of a stream", get(1, "/a") + window_update(1, 5), "request 1 /a"},
           {"the reserved bit", window_update(0, 0x8000'0005), ""},
           {"of a closed stream", get(1, "/a") + rst_stream(1) + window_update(1, 5), "request 1 /a; reset 1"},
           {"of a closed stream, by nothing", get(1, "/a") + rst_stream(1) + window_update(1, 0),
            "request 1 /a; reset 1"},
           {"the most", window_update(0, h2::stream_max - 65'535), ""},
           {"one more", window_update(0, h2::stream_max - 65'534), "GOAWAY 0 FLOW_CONTROL"},
           {"the most of a stream", get(1, "/a") + window_update(1, h2::stream_max - 65'535), "request 1 /a"},
           {"one more of a stream", get(1, "/a") + window_update(1, h2::stream_max - 65'534),
            "request 1 /a; RST_STREAM 1 FLOW_CONTROL; reset 1"},
           {"by nothing", window_update(0, 0), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of a stream, by nothing", get(1, "/a") + window_update(1, 0),
            "request 1 /a; RST_STREAM 1 PROTOCOL_ERROR; reset 1"},
           {"too short", frame(FrameType::window_update, 0, 0, "abc"), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"of an idle stream", window_update(1, 5), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of a stream of ours", get(3, "/a") + window_update(2, 5), "request 3 /a; GOAWAY 3 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
}

TEST(Session, PriorityUpdates) { // RFC 9218 section 7.1
  for (const Row& row : std::vector<Row>{
           {"of an open stream", get(1, "/a") + priority_update(1, "u=0"), "request 1 /a"},
           {"of an idle one", priority_update(1, "u=0"), ""},
           {"of a stream", frame(FrameType::priority_update, 0, 1, number(1, 4)), "GOAWAY 0 PROTOCOL_ERROR"},
           {"too short", frame(FrameType::priority_update, 0, 0, "abc"), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"of the connection", priority_update(0, "u=0"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of a stream of ours", priority_update(2, "u=0"), "GOAWAY 0 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
}

TEST(Session, OnlySomeFramesCompleteARequest) {
  SessionPeer peer;
  (void)peer.feed(ping() + settings_frame() + priority_update(1, "u=1") + frame(FrameType{99}, 0, 0, "abc"));
  EXPECT_FALSE(peer.may_be_request);
  (void)peer.feed(get(1, "/").substr(0, 9));
  EXPECT_TRUE(peer.may_be_request);
}

// Of the streams that were closed a connection remembers the last ones.
TEST(Session, PastStreamsAreForgotten) {
  auto closed = [](size_t others) {
    SessionPeer peer;
    (void)peer.feed(get(1, "/a"));
    peer.finish(1);
    for (uint32_t id = 3; id < 3 + 2 * others; id += 2) {
      (void)peer.feed(get(id, "/a"));
      peer.finish(id);
    }
    return peer.feed(headers(1, request_block("/a")));
  };
  uint32_t known = limits::h2_past_streams;
  EXPECT_EQ(closed(known - 1), "GOAWAY " + std::to_string(2 * known - 1) + " STREAM_CLOSED");
  EXPECT_EQ(closed(known), "GOAWAY " + std::to_string(2 * known + 1) + " PROTOCOL_ERROR");
}

TEST(Session, DrainsInTwoSteps) { // section 6.8
  SessionPeer peer;
  (void)peer.feed(get(1, "/a"));
  auto drain = [&] {
    Writer out = peer.writer();
    peer.session().drain(out);
    return peer.written(out);
  };
  EXPECT_FALSE(peer.session().draining());
  EXPECT_EQ(drain(), "GOAWAY 2147483647 NO_ERROR; PING draining");
  EXPECT_TRUE(peer.session().draining());
  EXPECT_EQ(peer.feed(get(3, "/b")), "request 3 /b") << "it was under way";
  EXPECT_EQ(peer.feed(ping("another1", flag::ack)), "");
  EXPECT_EQ(peer.feed(ping("draining", flag::ack)), "GOAWAY 3 NO_ERROR");
  EXPECT_EQ(peer.feed(ping("draining", flag::ack)), "") << "once";
  EXPECT_EQ(drain(), "");
  peer.finish(1);
  EXPECT_FALSE(peer.session().over());
  peer.finish(3);
  EXPECT_TRUE(peer.session().over());
}

TEST(Session, DrainsAtOnceWhereNobodyAnswers) {
  SessionPeer peer;
  Writer out = peer.writer();
  peer.session().drain(out);
  EXPECT_FALSE(peer.session().over());
  peer.session().drain(out);
  EXPECT_EQ(peer.written(out), "GOAWAY 2147483647 NO_ERROR; PING draining; GOAWAY 0 NO_ERROR");
  EXPECT_TRUE(peer.session().over());
}

// What the peer has sent before it heard of the last stream must not harm the streams before it.
TEST(Session, FramesBehindTheLastStreamAreDropped) {
  const std::string inserts = "\x40" + hpack_string("x", false) + hpack_string("y", false);
  const std::string drain = ping("draining", flag::ack);
  for (const Row& row : std::vector<Row>{
           {"a request", get(3, "/b"), ""},
           {"with a body", post(3) + data(3, "abc") + data(3, "de", true), ""},
           {"that is reset", get(3, "/b") + rst_stream(3), ""},
           {"whose window grows", get(3, "/b") + window_update(3, 5000) + window_update(3, 0), ""},
           {"with trailers", post(3) + headers(3, inserts), ""},
           {"whose block is malformed", headers(3, "\x80"), "GOAWAY 1 COMPRESSION"},
           {"of ours", data(2, "x"), "GOAWAY 1 PROTOCOL_ERROR"},
           {"PRIORITY", priority_frame(3, 1), ""},
       }) {
    SessionPeer peer;
    Writer out = peer.writer();
    (void)peer.feed(get(1, "/a"));
    peer.session().drain(out);
    ASSERT_EQ(peer.feed(drain), "GOAWAY 1 NO_ERROR");
    EXPECT_EQ(peer.feed(row.sent), row.expected) << row.name;
    EXPECT_EQ(peer.feed(ping()), row.expected.empty() ? "PING ack 12345678" : "") << row.name;
  }
}

TEST(Session, IsOverWhenThePeerLeaves) {
  SessionPeer peer;
  (void)peer.feed(get(1, "/a") + goaway());
  EXPECT_FALSE(peer.session().over()) << "its response is under way";
  peer.finish(1);
  EXPECT_TRUE(peer.session().over());
}

TEST(Session, IsInsideAFrame) {
  for (auto [sent, inside] : {std::pair{post(1) + data(1, "abc").substr(0, 10), true},
                              {post(1) + data(1, "abc"), false},
                              {frame(FrameType::headers, 0, 1, "\x82"), true},
                              {frame(FrameType{99}, 0, 1, "abc").substr(0, 11), true}}) {
    SessionPeer peer;
    (void)peer.feed(sent);
    EXPECT_EQ(peer.session().inside_frame(), inside);
  }
}

} // namespace
} // namespace minhttp::test
