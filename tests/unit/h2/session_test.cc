// SPDX-License-Identifier: MIT
// Requests: what each frame does in each state of its stream, and each error with its code.

#include "h2/session.h"

#include <gtest/gtest.h>

#include "unit/h2/session_rows.h"

namespace minhttp::test {
namespace {

using h2::Session;
namespace flag = h2::flag;

TEST(Session, SaysItsSettingsFirst) {
  SessionPeer peer({.streams = 5, .table = 8192});
  EXPECT_EQ(peer.started, settings_frame({{Setting::header_table_size, 8192},
                                          {Setting::max_concurrent_streams, 5},
                                          {Setting::max_header_list_size, limits::head_max},
                                          {Setting::no_rfc7540_priorities, 1}}));
}

TEST(Session, TheFirstFrameIsSettings) { // RFC 9113 section 3.4
  SessionPeer::Sizes sizes = {.greets = false};
  for (const Row& row : std::vector<Row>{
           {"SETTINGS", settings_frame(), "SETTINGS ack"},
           {"an acknowledgement", settings_ack(), "GOAWAY 0 PROTOCOL_ERROR"},
           {"PING", ping(), "GOAWAY 0 PROTOCOL_ERROR"},
           {"a request", get(1, "/"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"an unknown frame", frame(FrameType{99}, 0, 0, "x"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"SETTINGS, and then anything", settings_frame() + ping() + get(1, "/a"),
            closes_and("PING ack 12345678; request 1 /a")},
       }) {
    expect_row(row, sizes);
  }
}

TEST(Session, FramesAreNotLongerThanAllowed) {
  for (unsigned type : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 16U, 99U}) {
    expect_row({"16385 bytes", header_only(static_cast<FrameType>(type), 0, 1, limits::h2_frame_max + 1),
                "GOAWAY 0 FRAME_SIZE_ERROR"});
  }
}

TEST(Session, Data) { // section 6.1
  const Fields five = {{"content-length", "5"}};
  for (const Row& row : std::vector<Row>{
           {"of a request", post(1) + data(1, "abc") + data(1, "de", true), "request 1 /post"},
           {"that ends it when the response is complete", post(1) + data(1, "", true), "request 1 /post"},
           {"as long as announced", post(1, five) + data(1, "abc") + data(1, "de", true), "request 1 /post"},
           {"with padding, which does not count",
            post(1, five) + frame(FrameType::data, flag::padded | flag::end_stream, 1, padded("abcde", 9)),
            "request 1 /post"},
           {"of padding only", post(1) + frame(FrameType::data, flag::padded, 1, padded("", 255)), "request 1 /post"},
           {"longer than announced", post(1, five) + data(1, "abcdef"),
            "request 1 /post; RST_STREAM 1 PROTOCOL_ERROR; reset 1"},
           {"shorter than announced", post(1, five) + data(1, "abcd", true),
            "request 1 /post; RST_STREAM 1 PROTOCOL_ERROR; reset 1"},
           {"behind the end", get(1, "/a") + data(1, "x"), "request 1 /a; RST_STREAM 1 STREAM_CLOSED; reset 1"},
           {"behind a reset of ours", get(1, "/a") + data(1, "x") + data(1, "y"),
            "request 1 /a; RST_STREAM 1 STREAM_CLOSED; reset 1"},
           {"behind a reset of the peer's", post(1) + rst_stream(1) + data(1, "x"),
            "request 1 /post; reset 1; RST_STREAM 1 STREAM_CLOSED"},
           {"of a stream that was skipped", get(3, "/a") + data(1, "x"), "request 3 /a; RST_STREAM 1 STREAM_CLOSED"},
           {"of the connection", data(0, "x"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of a stream that was not opened", get(1, "/a") + data(3, "x"), "request 1 /a; GOAWAY 1 PROTOCOL_ERROR"},
           {"of a stream of ours", get(3, "/a") + data(2, "x"), "request 3 /a; GOAWAY 3 PROTOCOL_ERROR"},
           {"padded, without the length of the padding", post(1) + frame(FrameType::data, flag::padded, 1),
            "request 1 /post; GOAWAY 1 FRAME_SIZE_ERROR"},
           {"with too much padding", post(1) + frame(FrameType::data, flag::padded, 1, "\4abc"),
            "request 1 /post; GOAWAY 1 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
  expect_row({"more than a body may have", post(1) + data(1, "1234") + data(1, "56"),
              "request 1 /post; RST_STREAM 1 CANCEL; reset 1"},
             {.body_max = 5});
}

TEST(Session, DataThatEndsTheStreamBehindItsResponse) {
  SessionPeer peer;
  EXPECT_EQ(peer.feed(post(1)), "request 1 /post");
  peer.finish(1);
  EXPECT_TRUE(peer.is_open(1)) << "half-closed";
  EXPECT_EQ(peer.feed(data(1, "x", true)), "complete 1");
  EXPECT_EQ(peer.feed(data(1, "x")), "RST_STREAM 1 STREAM_CLOSED");
  EXPECT_EQ(peer.feed(post(3)), "request 3 /post");
  peer.finish(3);
  EXPECT_EQ(peer.feed(headers(3, block_of({{"a", "b"}}))), "complete 3") << "trailers";
}

// RFC 9113 section 8.1: the client must not drop a response that it has.
TEST(Session, ALongBodyBehindItsResponseIsNoError) {
  SessionPeer peer({.body_max = 5});
  EXPECT_EQ(peer.feed(post(1)), "request 1 /post");
  peer.finish(1);
  EXPECT_EQ(peer.feed(data(1, "12345")), "");
  EXPECT_EQ(peer.feed(data(1, "6")), "RST_STREAM 1 NO_ERROR; reset 1");
}

TEST(Session, WindowsOpenAsBodiesAreDropped) { // section 6.9
  SessionPeer peer({.body_max = 10'000'000});
  EXPECT_EQ(peer.feed(post(1) + post(3)), "request 1 /post; request 3 /post");
  const std::string bytes(16'000, 'x');
  EXPECT_EQ(peer.feed(data(1, bytes)), "");
  EXPECT_EQ(peer.feed(data(3, bytes)), "");
  EXPECT_EQ(peer.feed(data(1, bytes)), "WINDOW_UPDATE 0 48000") << "less than half is left";
  EXPECT_EQ(peer.feed(data(1, bytes)), "WINDOW_UPDATE 1 48000");
  EXPECT_EQ(peer.feed(frame(FrameType::data, flag::padded, 3, padded(bytes, 200))), "") << "32767 are left";
  EXPECT_EQ(peer.feed(data(3, std::string(1000, 'x'), true)), "WINDOW_UPDATE 0 33201") << "its own need not open";
  for (int i = 0; i < 100; i++) (void)peer.feed(data(1, std::string(limits::h2_frame_max, 'x')));
  EXPECT_FALSE(peer.broken);
  EXPECT_EQ(peer.stream(1).received, 48'000U + 100 * limits::h2_frame_max);
}

TEST(Session, HeadersOfARequest) { // section 6.2
  const std::string block = request_block("/a");
  const std::string depends_on_3 = number(3, 4) + "w";
  for (const Row& row : std::vector<Row>{
           {"alone", get(1, "/a"), "request 1 /a"},
           {"with padding", frame(FrameType::headers, flag::padded | flag::end_headers, 1, padded(block, 30)),
            "request 1 /a"},
           {"with a priority", frame(FrameType::headers, flag::priority | flag::end_headers, 1, depends_on_3 + block),
            "request 1 /a"},
           {"with both",
            frame(FrameType::headers, flag::priority | flag::padded | flag::end_headers, 1,
                  padded(depends_on_3 + block, 30)),
            "request 1 /a"},
           {"in three fragments", in_fragments(1, block, 3), "request 1 /a"},
           {"in as many as are allowed", in_fragments(1, block, limits::h2_fragments_max + 1), "request 1 /a"},
           {"in fragments, the first with padding and a priority",
            frame(FrameType::headers, flag::priority | flag::padded, 1, padded(depends_on_3 + block.substr(0, 9), 30)) +
                frame(FrameType::continuation, 0, 1, block.substr(9, 5)) + frame(FrameType::continuation, 0, 1) +
                frame(FrameType::continuation, flag::end_headers, 1, block.substr(14)) + get(3, "/b"),
            "request 1 /a; request 3 /b"},
           {"two of them", get(1, "/a") + get(5, "/b"), "request 1 /a; request 5 /b"},
           {"in too many fragments", in_fragments(1, block, limits::h2_fragments_max + 2), "GOAWAY 0 CALM"},
           {"of the connection", headers(0, block), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of a stream of ours", headers(2, block), "GOAWAY 0 PROTOCOL_ERROR"},
           {"padded, and empty", frame(FrameType::headers, flag::padded, 1), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"too short for a priority", frame(FrameType::headers, flag::priority, 1, "abcd"),
            "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"too short for padding and a priority",
            frame(FrameType::headers, flag::padded | flag::priority, 1, "abcde"), "GOAWAY 0 FRAME_SIZE_ERROR"},
           {"with more padding than there is", frame(FrameType::headers, flag::padded, 1, "\5abcd"),
            "GOAWAY 0 PROTOCOL_ERROR"},
           {"with a malformed block", headers(1, "\x80"), "GOAWAY 1 COMPRESSION"},
           {"with an empty block", headers(1, ""), "RST_STREAM 1 PROTOCOL_ERROR"},
           {"with a malformed request", headers(1, block_of({{":path", "/"}})), "RST_STREAM 1 PROTOCOL_ERROR"},
           {"that depends on itself",
            frame(FrameType::headers, flag::priority | flag::end_headers, 1, number(1, 4) + "w" + block),
            "RST_STREAM 1 PROTOCOL_ERROR"},
           {"that depends on itself, in fragments",
            frame(FrameType::headers, flag::priority, 1, number(1, 4) + "w" + block) +
                frame(FrameType::continuation, flag::end_headers, 1) + get(3, "/b"),
            "RST_STREAM 1 PROTOCOL_ERROR; request 3 /b"},
           {"refused", headers(1, request_block("/a", {}, std::string(200, 'M'))), "request 1 501"},
           {"of a request that was reset", headers(1, "") + headers(1, block) + get(3, "/b"),
            "RST_STREAM 1 PROTOCOL_ERROR; request 3 /b"},
           {"malformed, of one that was reset", headers(1, "") + headers(1, "\x80"),
            "RST_STREAM 1 PROTOCOL_ERROR; GOAWAY 1 COMPRESSION"},
           {"of one that the peer has reset", get(1, "/a") + rst_stream(1) + headers(1, block),
            "request 1 /a; reset 1; GOAWAY 1 STREAM_CLOSED"},
           {"of a stream that was skipped", get(3, "/a") + get(1, "/b"), "request 3 /a; GOAWAY 3 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
}

TEST(Session, FragmentsTogetherAreABlock) {
  std::string block = request_block("/a", {{"x", std::string(12'000, 'x')}});
  for (size_t pieces = 1; pieces <= 17; pieces++)
    EXPECT_EQ(SessionPeer().feed(in_fragments(1, block, pieces) + get(3, "/b")), "request 1 /a; request 3 /b")
        << pieces;
  std::string most = frame(FrameType::headers, flag::end_stream, 1, std::string(limits::h2_frame_max, 0));
  EXPECT_EQ(SessionPeer().feed(most + frame(FrameType::continuation, flag::end_headers, 1)), "GOAWAY 1 COMPRESSION");
}

TEST(Session, NothingComesBetweenFragments) { // section 6.10
  const std::string begin = frame(FrameType::headers, 0, 1, request_block("/a"));
  for (const Row& row : std::vector<Row>{
           {"CONTINUATION of nothing", frame(FrameType::continuation, flag::end_headers, 1), "GOAWAY 0 PROTOCOL_ERROR"},
           {"behind END_HEADERS", get(1, "/a") + frame(FrameType::continuation, flag::end_headers, 1),
            "request 1 /a; GOAWAY 1 PROTOCOL_ERROR"},
           {"of another stream", begin + frame(FrameType::continuation, flag::end_headers, 3),
            "GOAWAY 0 PROTOCOL_ERROR"},
           {"another HEADERS", begin + get(1, "/"), "GOAWAY 0 PROTOCOL_ERROR"},
           {"DATA", begin + data(1, ""), "GOAWAY 0 PROTOCOL_ERROR"},
           {"PING", begin + ping(), "GOAWAY 0 PROTOCOL_ERROR"},
           {"an unknown frame", begin + frame(FrameType{99}, 0, 0), "GOAWAY 0 PROTOCOL_ERROR"},
       }) {
    expect_row(row);
  }
}

TEST(Session, Trailers) { // section 8.1
  const std::string fields = block_of({{"a", "b"}});
  const Fields five = {{"content-length", "5"}};
  const std::string error = "request 1 /post; RST_STREAM 1 PROTOCOL_ERROR; reset 1";
  for (const Row& row : std::vector<Row>{
           {"behind a body", post(1) + data(1, "x") + headers(1, fields) + get(3, "/"), "request 1 /post; request 3 /"},
           {"in fragments", post(1) + in_fragments(1, fields, 3) + get(3, "/"), "request 1 /post; request 3 /"},
           {"behind a body as long as announced", post(1, five) + data(1, "abcde") + headers(1, fields),
            "request 1 /post"},
           {"too many",
            post(1) +
                headers(1, block_of({{"a", std::string(limits::trailer_max - 100, 'x')}, {"b", std::string(90, 'x')}})),
            "request 1 /post"},
           {"behind one that is shorter", post(1, five) + data(1, "abcd") + headers(1, fields), error},
           {"that do not end the request", post(1) + headers(1, fields, false), error},
           {"with a pseudo-field", post(1) + headers(1, block_of({{":path", "/"}})), error},
           {"that depend on their stream",
            post(1) + frame(FrameType::headers, flag::priority | flag::end_headers | flag::end_stream, 1,
                            number(1, 4) + "w" + fields),
            error},
           {"malformed", post(1) + headers(1, "\x80"), "request 1 /post; GOAWAY 1 COMPRESSION"},
           {"behind the end", get(1, "/a") + headers(1, fields), "request 1 /a; RST_STREAM 1 STREAM_CLOSED; reset 1"},
           {"behind a reset of ours", get(1, "/a") + headers(1, fields) + headers(1, fields) + ping(),
            "request 1 /a; RST_STREAM 1 STREAM_CLOSED; reset 1; PING ack 12345678"},
       }) {
    expect_row(row);
  }
}

// The decoder's table must see all blocks, also those that nobody reads.
TEST(Session, TheTableIsKeptInStep) {
  const std::string inserts = "\x40" + hpack_string("x", false) + hpack_string("y", false); // it becomes number 62
  const std::string uses = request_block("/a") + "\xbe";
  const std::string dropped = "\xbe";
  std::string sent = headers(1, "") + headers(1, inserts) + headers(3, uses); // of a stream that was reset
  expect_row({"of a reset stream", sent, "RST_STREAM 1 PROTOCOL_ERROR; request 3 /a"});
  sent = get(1, "/a") + headers(3, request_block("/b") + inserts) + rst_stream(1) + headers(5, uses);
  expect_row({"of a refused stream", sent, "request 1 /a; RST_STREAM 3 REFUSED_STREAM; reset 1; request 5 /a"},
             {.streams = 1});
  expect_row({"of trailers", post(1) + headers(1, inserts) + headers(3, uses), "request 1 /post; request 3 /a"});
  expect_row({"nothing was inserted", headers(1, dropped), "GOAWAY 1 COMPRESSION"});
}

TEST(Session, ThereAreOnlySoManyStreams) {
  std::string three = get(1, "/a") + get(3, "/b") + get(5, "/c");
  expect_row({"of a connection", three, "request 1 /a; request 3 /b; RST_STREAM 5 REFUSED_STREAM"}, {.streams = 2});
  expect_row({"of all", three, "request 1 /a; request 3 /b; RST_STREAM 5 REFUSED_STREAM"}, {.pool = 2});
  expect_row({"with a body under way", get(1, "/a") + post(3) + data(3, "x", true) + ping(),
              "request 1 /a; RST_STREAM 3 REFUSED_STREAM; PING ack 12345678"},
             {.streams = 1});
  expect_row({"malformed", get(1, "/a") + headers(3, "\x80"), "request 1 /a; GOAWAY 3 COMPRESSION"}, {.streams = 1});
  SessionPeer peer({.streams = 1, .pool = 4});
  for (uint32_t id = 1; id < 500; id += 2) {
    ASSERT_EQ(peer.feed(get(id, "/")), "request " + std::to_string(id) + " /") << "streams are given back";
    peer.finish(id);
  }
  EXPECT_EQ(peer.shared.streams.free.taken(), 0U);
}

TEST(Session, PriorityIsIgnored) { // section 5.3.2
  for (const Row& row : std::vector<Row>{
           {"of an idle stream", priority_frame(1, 3) + get(1, "/a"), "request 1 /a"},
           {"of an open one", get(1, "/a") + priority_frame(1, 0), "request 1 /a"},
           {"of the connection", priority_frame(0, 1), "GOAWAY 0 PROTOCOL_ERROR"},
           {"on itself", get(1, "/a") + priority_frame(1, 1), "request 1 /a; RST_STREAM 1 PROTOCOL_ERROR; reset 1"},
           {"too short", get(1, "/a") + frame(FrameType::priority, 0, 1, "abcd"),
            "request 1 /a; RST_STREAM 1 FRAME_SIZE_ERROR; reset 1"},
           // Section 6.4: RST_STREAM is never sent for an idle stream.
           {"of an idle stream on itself", priority_frame(1, 1), "GOAWAY 0 PROTOCOL_ERROR"},
           {"of an idle stream, too long", frame(FrameType::priority, 0, 1, "abcdef"), "GOAWAY 0 FRAME_SIZE_ERROR"},
       }) {
    expect_row(row);
  }
}

} // namespace
} // namespace minhttp::test
