// SPDX-License-Identifier: MIT
#pragma once
// Rows of bytes that a client sends and what a session says to them. Every row is tried in one piece, and cut at every
// byte.

#include <gtest/gtest.h>

#include <string>

#include "h2/session.h"
#include "unit/h2/session_peer.h"

namespace minhttp::test {

struct Row {
  const char* name;
  std::string sent;
  std::string expected;
};

inline std::string closes_and(const std::string& end) { return "SETTINGS ack; " + end; }

// The bytes that follow would be an error, if they were read.
inline void expect_row(const Row& row, const SessionPeer::Sizes& sizes = {}) {
  EXPECT_EQ(SessionPeer(sizes).feed(row.sent), row.expected) << row.name;
  EXPECT_EQ(SessionPeer(sizes).feed(row.sent, 1), row.expected) << row.name << ", byte by byte";
  for (size_t cut = 1; cut < row.sent.size() && row.sent.size() < 600; cut++) {
    SessionPeer peer(sizes);
    std::string first = peer.feed(row.sent.substr(0, cut));
    std::string second = peer.feed(row.sent.substr(cut));
    std::string both = first + (first.empty() || second.empty() ? "" : "; ") + second;
    ASSERT_EQ(both, row.expected) << row.name << ", cut at " << cut;
  }
}

// A frame that says a length, and has not so many bytes.
inline std::string header_only(FrameType type, unsigned flags, uint32_t stream, uint32_t length) {
  std::string made = frame(type, flags, stream);
  h2::write_number(made.data(), length, 3);
  return made;
}

} // namespace minhttp::test
