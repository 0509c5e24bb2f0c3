// SPDX-License-Identifier: MIT
#pragma once
// Frames of HTTP/2 (RFC 9113 sections 4 and 6): the header of each, its types, flags, settings and error codes.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace minhttp::h2 {

// What a client sends first (section 3.4), before its SETTINGS frame.
constexpr std::string_view client_preface() { return {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24}; }

// A peer may send other types: they are ignored (section 4.1).
enum class FrameType : uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
  priority_update = 16 // RFC 9218 section 7.1
};

namespace flag {
constexpr uint8_t end_stream = 0x1;  // DATA, HEADERS
constexpr uint8_t ack = 0x1;         // SETTINGS, PING
constexpr uint8_t end_headers = 0x4; // HEADERS, CONTINUATION
constexpr uint8_t padded = 0x8;      // DATA, HEADERS
constexpr uint8_t priority = 0x20;   // HEADERS
} // namespace flag

// Section 7.
enum class Error : uint32_t {
  no_error = 0,
  protocol_error = 1,
  internal_error = 2,
  flow_control_error = 3,
  settings_timeout = 4,
  stream_closed = 5,
  frame_size_error = 6,
  refused_stream = 7,
  cancel = 8,
  compression_error = 9,
  connect_error = 10,
  enhance_your_calm = 11,
  inadequate_security = 12,
  http_1_1_required = 13
};

// Section 6.5.2; the last one is RFC 9218 section 2.1. A peer may send others: they are ignored.
enum class Setting : uint16_t {
  header_table_size = 1,
  enable_push = 2,
  max_concurrent_streams = 3,
  initial_window_size = 4,
  max_frame_size = 5,
  max_header_list_size = 6,
  no_rfc7540_priorities = 9
};

constexpr size_t frame_header_bytes = 9;
constexpr uint32_t stream_max = 0x7fff'ffff; // stream identifiers and windows have 31 bits

struct FrameHeader {
  uint32_t length = 0; // of the payload, less than 2^24
  FrameType type = FrameType::data;
  uint8_t flags = 0;
  uint32_t stream = 0; // 0: the connection

  constexpr bool has(uint8_t flag) const { return (flags & flag) != 0; }
  constexpr bool operator==(const FrameHeader&) const = default;
};

// Numbers are sent with their highest byte first. bytes: 1 to 4.
constexpr uint32_t read_number(const char* from, size_t bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < bytes; i++) number = number << 8 | static_cast<unsigned char>(from[i]);
  return number;
}
constexpr void write_number(char* to, uint32_t number, size_t bytes) {
  for (size_t i = bytes; i > 0; i--) {
    to[i - 1] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
}

// nine: frame_header_bytes bytes. The reserved bit of the stream identifier is ignored (section 4.1).
constexpr FrameHeader read_frame_header(const char* nine) {
  return {.length = read_number(nine, 3),
          .type = static_cast<FrameType>(read_number(nine + 3, 1)),
          .flags = static_cast<uint8_t>(read_number(nine + 4, 1)),
          .stream = read_number(nine + 5, 4) & stream_max};
}

constexpr void write_frame_header(char* nine, const FrameHeader& header) {
  write_number(nine, header.length, 3);
  write_number(nine + 3, static_cast<uint32_t>(header.type), 1);
  write_number(nine + 4, header.flags, 1);
  write_number(nine + 5, header.stream, 4);
}

} // namespace minhttp::h2
