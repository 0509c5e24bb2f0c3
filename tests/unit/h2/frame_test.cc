// SPDX-License-Identifier: MIT
#include "h2/frame.h"

#include <gtest/gtest.h>

#include <string>

namespace minhttp::test {
namespace {

using h2::FrameHeader;
using h2::FrameType;

TEST(Frame, HeaderAsBytes) {
  FrameHeader header = {.length = 0x012345, .type = FrameType::continuation, .flags = 0x04, .stream = 0x01020304};
  char nine[h2::frame_header_bytes];
  h2::write_frame_header(nine, header);
  EXPECT_EQ(std::string(nine, 9), std::string("\x01\x23\x45\x09\x04\x01\x02\x03\x04", 9));
  EXPECT_EQ(h2::read_frame_header(nine), header);
  EXPECT_TRUE(header.has(h2::flag::end_headers));
  EXPECT_FALSE(header.has(h2::flag::end_stream));
}

TEST(Frame, EveryBit) {
  for (int bit = 0; bit < 72; bit++) {
    char nine[9] = {};
    nine[bit / 8] = static_cast<char>(0x80 >> bit % 8);
    FrameHeader header = h2::read_frame_header(nine);
    char again[9];
    h2::write_frame_header(again, header);
    bool reserved = bit == 40;
    EXPECT_EQ(std::string(again, 9), reserved ? std::string(9, 0) : std::string(nine, 9)) << bit;
  }
}

TEST(Frame, WhatRfc9113Says) {
  EXPECT_EQ(h2::client_preface(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_EQ(static_cast<int>(FrameType::window_update), 8);
  EXPECT_EQ(static_cast<int>(FrameType::priority_update), 0x10);
  EXPECT_EQ(static_cast<int>(h2::Error::http_1_1_required), 0xd);
  EXPECT_EQ(static_cast<int>(h2::Setting::max_header_list_size), 6);
}

} // namespace
} // namespace minhttp::test
