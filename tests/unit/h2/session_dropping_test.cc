// SPDX-License-Identifier: MIT
// Header blocks that are larger than the fields of a request may be.

#include <gtest/gtest.h>

#include "h2/session.h"
#include "unit/h2/session_rows.h"

namespace minhttp::test {
namespace {

namespace flag = h2::flag;

const std::string& cookie() {
  static const std::string text(20'000, 'c');
  return text;
}
// A field that gets into the table, and one that refers to it.
std::string kept() { return "\x40\x01k\x04kept"; }
std::string again() { return "\xbe"; }

// Says whether the table is as the peer's, by a request whose path is in it.
std::string path_of_table(uint32_t stream) {
  return headers(stream, "\x82\x86\x41\x01h\xbf"); // the authority becomes the newest entry
}
std::string kept_path() { return "\x44\x06/table"; }

void expect_any_pieces(const Row& row, const SessionPeer::Sizes& sizes = {}) {
  for (size_t piece : {size_t{1}, size_t{10}, size_t{999}, size_t{5'000}, size_t{16'384}, SIZE_MAX})
    EXPECT_EQ(SessionPeer(sizes).feed(row.sent, piece), row.expected) << row.name << ", in pieces of " << piece;
}

TEST(SessionDropping, ALargeBlockIs431AndTheConnectionGoesOn) {
  const std::string front = request_block("/a", {{"x", std::string(9'000, 'x')}});
  const std::string big = request_block("/a", {{"cookie", cookie()}});
  const std::string after = kept_path() + block_of({{"y", "z"}});
  for (size_t fragments : {size_t{2}, size_t{3}, size_t{7}, size_t{17}}) {
    for (const Row& row : std::vector<Row>{
             {"one large field", in_fragments(1, big, fragments) + get(3, "/b"), "request 1 431; request 3 /b"},
             {"many fields",
              in_fragments(1, front + block_of({{"y", std::string(9'000, 'y')}}), fragments) + get(3, "/b"),
              "request 1 431; request 3 /b"},
             {"with an entry in front of it",
              in_fragments(1, "\x82\x86" + kept_path() + block_of({{":authority", "h"}, {"cookie", cookie()}}),
                           fragments) +
                  path_of_table(3),
              "request 1 431; request 3 /table"},
             {"with an entry behind it", in_fragments(1, big + after, fragments) + path_of_table(3),
              "request 1 431; request 3 /table"},
             {"with a large entry",
              in_fragments(1, request_block("/a") + kept() + "\x40\x01x\x7f\xa1\x9b\x01" + cookie() + kept_path(),
                           fragments) +
                  path_of_table(3),
              "request 1 431; request 3 /table"},
             {"whose large entry has emptied the table",
              in_fragments(1, request_block("/a") + kept() + "\x40\x01x\x7f\xa1\x9b\x01" + cookie(), fragments) +
                  headers(3, request_block("/b") + again()),
              "request 1 431; GOAWAY 3 COMPRESSION"},
             {"without its end", in_fragments(1, big + "\x40\x05x", fragments), "request 1 431; GOAWAY 1 COMPRESSION"},
             {"that ends inside of a long field",
              in_fragments(1, request_block("/a") + "\x40\x01x\x7f\xa1\x9b\x01" + cookie().substr(1), fragments),
              "request 1 431; GOAWAY 1 COMPRESSION"},
             {"with an error behind it", in_fragments(1, big + std::string("\x80", 1), fragments),
              "request 1 431; GOAWAY 1 COMPRESSION"},
             {"of a path",
              in_fragments(1, block_of({{":method", "GET"}, {":path", "/" + cookie()}}), fragments) + get(3, "/b"),
              "request 1 414; request 3 /b"},
             {"of a malformed request",
              in_fragments(1, block_of({{":no", ""}, {"cookie", cookie()}}), fragments) + get(3, "/b"),
              "RST_STREAM 1 PROTOCOL_ERROR; request 3 /b"},
             {"of a request with a body", in_fragments(1, big, fragments, false) + data(1, "abc", true) + get(3, "/b"),
              "request 1 431; request 3 /b"},
             {"of trailers", post(1) + in_fragments(1, block_of({{"x", cookie()}}), fragments) + get(3, "/b"),
              "request 1 /post; request 3 /b"},
             {"of a stream that was reset", headers(1, "") + in_fragments(1, big, fragments) + get(3, "/b"),
              "RST_STREAM 1 PROTOCOL_ERROR; request 3 /b"},
         }) {
      expect_any_pieces(row);
    }
  }
}

TEST(SessionDropping, StreamsBeyondTheirNumberAreRefused) {
  std::string big = request_block("/a", {{"cookie", cookie()}});
  expect_any_pieces({"one too many", get(1, "/") + in_fragments(3, big, 3) + ping(),
                     "request 1 /; RST_STREAM 3 REFUSED_STREAM; PING ack 12345678"},
                    {.streams = 1});
}

TEST(SessionDropping, TheStreamMayBeClosedBeforeTheBlockEnds) {
  SessionPeer peer;
  std::string block = in_fragments(1, request_block("/a", {{"cookie", cookie()}}) + kept_path(), 3);
  EXPECT_EQ(peer.feed(block.substr(0, 17'000)), "request 1 431");
  peer.finish(1);
  EXPECT_FALSE(peer.is_open(1));
  EXPECT_TRUE(peer.session().inside_frame()) << "its deadline is that of a block";
  peer.may_be_request = false;
  EXPECT_EQ(peer.feed(block.substr(17'000)), "");
  EXPECT_FALSE(peer.may_be_request) << "the rest needs no room for a response";
  EXPECT_FALSE(peer.session().inside_frame());
  EXPECT_EQ(peer.feed(path_of_table(3)), "request 3 /table");
}

TEST(SessionDropping, BlocksHaveABound) {
  auto block_of_size = [](size_t size) {
    std::string block = request_block("/a");
    while (block.size() + 1'000 < size) block += std::string("\x00\x01x\x7f\xe5\x06", 6) + std::string(996, 'x');
    while (block.size() < size) block += "\x82";
    return block;
  };
  std::string most = block_of_size(limits::h2_block_max);
  ASSERT_EQ(most.size(), limits::h2_block_max);
  expect_any_pieces({"as large as may be", in_fragments(1, most, 9) + get(3, "/b"), "request 1 431; request 3 /b"});
  expect_any_pieces({"a byte more", in_fragments(1, most + "\x82", 9), "request 1 431; GOAWAY 1 CALM"});
  std::string empty;
  while (empty.size() < 9 * limits::h2_fragments_max) empty += frame(FrameType::continuation, 0, 1);
  expect_any_pieces({"too many fragments before it is too large",
                     frame(FrameType::headers, 0, 1, request_block("/a")) + empty +
                         frame(FrameType::continuation, 0, 1, std::string(limits::h2_frame_max, 0)),
                     "GOAWAY 0 CALM"});
  expect_any_pieces({"too many fragments", in_fragments(1, most, 18), "request 1 431; GOAWAY 1 CALM"});
}

TEST(SessionDropping, NothingElseComesBeforeTheBlocksEnd) { // section 6.10
  std::string begun = in_fragments(1, request_block("/a", {{"cookie", cookie()}}), 2);
  h2::FrameHeader last = h2::read_frame_header(begun.data());
  begun[9 + last.length + 4] = 0; // no END_HEADERS
  for (const Row& row : std::vector<Row>{
           {"DATA", begun + data(1, ""), "request 1 431; GOAWAY 1 PROTOCOL_ERROR"},
           {"PING", begun + ping(), "request 1 431; GOAWAY 1 PROTOCOL_ERROR"},
           {"of another stream", begun + frame(FrameType::continuation, flag::end_headers, 3),
            "request 1 431; GOAWAY 1 PROTOCOL_ERROR"},
           {"an empty fragment, and the last",
            begun + frame(FrameType::continuation, 0, 1) + frame(FrameType::continuation, flag::end_headers, 1) +
                get(3, "/b"),
            "request 1 431; request 3 /b"},
       }) {
    expect_any_pieces(row);
  }
}

} // namespace
} // namespace minhttp::test
