// SPDX-License-Identifier: MIT
#pragma once
// What a client of HTTP/2 sends, as bytes, and what it gets, as text: one line a frame.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h2/frame.h"
#include "unit/h2/blocks.h"

namespace minhttp::test {

using h2::Error;
using h2::FrameType;
using h2::Setting;

inline std::string number(uint32_t value, size_t bytes) {
  std::string made(bytes, 0);
  h2::write_number(made.data(), value, bytes);
  return made;
}

inline std::string frame(FrameType type, unsigned flags, uint32_t stream, std::string_view payload = {}) {
  std::string made(h2::frame_header_bytes, 0);
  h2::write_frame_header(made.data(), {.length = static_cast<uint32_t>(payload.size()),
                                       .type = type,
                                       .flags = static_cast<uint8_t>(flags),
                                       .stream = stream});
  return made.append(payload);
}

inline std::string settings_frame(const std::vector<std::pair<Setting, uint32_t>>& entries = {}) {
  std::string payload;
  for (auto [name, value] : entries) payload += number(static_cast<uint32_t>(name), 2) + number(value, 4);
  return frame(FrameType::settings, 0, 0, payload);
}
inline std::string settings_ack() { return frame(FrameType::settings, h2::flag::ack, 0); }
inline std::string ping(std::string_view opaque = "12345678", unsigned flags = 0) {
  return frame(FrameType::ping, flags, 0, opaque);
}
inline std::string window_update(uint32_t stream, uint32_t bytes) {
  return frame(FrameType::window_update, 0, stream, number(bytes, 4));
}
inline std::string rst_stream(uint32_t stream, Error error = Error::cancel) {
  return frame(FrameType::rst_stream, 0, stream, number(static_cast<uint32_t>(error), 4));
}
inline std::string goaway() { return frame(FrameType::goaway, 0, 0, std::string(8, 0)); }
inline std::string priority_frame(uint32_t stream, uint32_t depends_on) {
  return frame(FrameType::priority, 0, stream, number(depends_on, 4) + "w");
}
inline std::string priority_update(uint32_t stream, std::string_view value) {
  return frame(FrameType::priority_update, 0, 0, number(stream, 4).append(value));
}
inline std::string data(uint32_t stream, std::string_view bytes, bool end = false) {
  return frame(FrameType::data, end ? h2::flag::end_stream : 0U, stream, bytes);
}
inline std::string padded(std::string_view bytes, size_t padding) {
  return std::string(1, static_cast<char>(padding)).append(bytes) + std::string(padding, 0);
}

// No field enters the table.
inline std::string block_of(const Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += hpack_integer(4, 0, 0) + hpack_string(name, false) + hpack_string(value, false);
  }
  return block;
}
inline std::string request_block(const std::string& path, const Fields& more = {}, const std::string& method = "GET") {
  Fields fields = {{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return block_of(fields);
}
inline std::string headers(uint32_t stream, std::string_view block, bool end = true) {
  return frame(FrameType::headers, (end ? h2::flag::end_stream : 0U) | h2::flag::end_headers, stream, block);
}
inline std::string get(uint32_t stream, const std::string& path, const Fields& more = {}) {
  return headers(stream, request_block(path, more));
}
// Its body follows.
inline std::string post(uint32_t stream, const Fields& more = {}) {
  return headers(stream, request_block("/post", more, "POST"), false);
}
// The block in so many pieces.
inline std::string in_fragments(uint32_t stream, std::string_view block, size_t pieces, bool end = true) {
  std::string made;
  size_t size = block.size() / pieces + 1;
  for (size_t i = 0; i < pieces; i++) {
    std::string_view piece = block.substr(std::min(block.size(), i * size), size);
    unsigned flags = i + 1 == pieces ? h2::flag::end_headers : 0U;
    made += i == 0 ? frame(FrameType::headers, flags | (end ? h2::flag::end_stream : 0U), stream, piece)
                   : frame(FrameType::continuation, flags, stream, piece);
  }
  return made;
}

struct Frame {
  h2::FrameHeader header = {};
  std::string payload = {};
};

// Takes the whole frames off the front.
inline std::vector<Frame> take_frames(std::string& bytes) {
  std::vector<Frame> frames;
  size_t at = 0;
  while (bytes.size() - at >= h2::frame_header_bytes) {
    h2::FrameHeader header = h2::read_frame_header(bytes.data() + at);
    if (bytes.size() - at < h2::frame_header_bytes + header.length) break;
    frames.push_back({header, bytes.substr(at + h2::frame_header_bytes, header.length)});
    at += h2::frame_header_bytes + header.length;
  }
  bytes.erase(0, at);
  return frames;
}

inline const char* name_of(Error error) {
  const char* const names[] = {"NO_ERROR",         "PROTOCOL_ERROR",   "INTERNAL_ERROR",   "FLOW_CONTROL",
                               "SETTINGS_TIMEOUT", "STREAM_CLOSED",    "FRAME_SIZE_ERROR", "REFUSED_STREAM",
                               "CANCEL",           "COMPRESSION",      "CONNECT_ERROR",    "CALM",
                               "INADEQUATE",       "HTTP_1_1_REQUIRED"};
  auto number = static_cast<size_t>(error);
  return number < std::size(names) ? names[number] : "an unknown error";
}

inline std::string describe(const Frame& frame) {
  std::string stream = " " + std::to_string(frame.header.stream);
  std::string size = " " + std::to_string(frame.payload.size());
  std::string end = frame.header.has(h2::flag::end_stream) ? " END" : "";
  auto number_at = [&](size_t at) { return h2::read_number(frame.payload.data() + at, 4); };
  auto error_at = [&](size_t at) { return std::string(" ") + name_of(static_cast<Error>(number_at(at))); };
  switch (frame.header.type) {
    case FrameType::data: return "DATA" + stream + size + end;
    case FrameType::headers:
      return "HEADERS" + stream + end + (frame.header.has(h2::flag::end_headers) ? "" : " and more");
    case FrameType::continuation: return "CONTINUATION" + stream + size;
    case FrameType::rst_stream: return "RST_STREAM" + stream + error_at(0);
    case FrameType::settings: return frame.header.has(h2::flag::ack) ? "SETTINGS ack" : "SETTINGS";
    case FrameType::ping: return (frame.header.has(h2::flag::ack) ? "PING ack " : "PING ") + frame.payload;
    case FrameType::goaway: return "GOAWAY " + std::to_string(number_at(0)) + error_at(4);
    case FrameType::window_update: return "WINDOW_UPDATE" + stream + " " + std::to_string(number_at(0));
    default: break;
  }
  return "a frame of type " + std::to_string(static_cast<int>(frame.header.type));
}

} // namespace minhttp::test
