// SPDX-License-Identifier: MIT
#pragma once
// The receiving side of a client: what the server sends becomes responses, and whatever RFC 9113 does not allow a
// server is a fault. It knows of each window what the client has allowed.

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "unit/h2/frames.h"
#include "unit/h2/hpack.h"

namespace minhttp::test {

struct H2Response {
  Fields fields = {};
  std::string body = {};
  bool asked = false; // the client has opened the stream
  bool head = false;  // HEADERS have come
  bool ended = false;
  bool left = false;      // the client has reset it: what still comes is dropped
  std::string reset = {}; // the server's error
  int64_t window = 0;     // bytes of DATA that it may still send

  std::string field(std::string_view name) const {
    for (const auto& [known, value] : fields) {
      if (known == name) return value;
    }
    return {};
  }
  std::string status() const { return field(":status"); }
};

class H2Receiver {
 public:
  // What the client sends next, cut anywhere; before the server reads it.
  void sends(std::string_view bytes) {
    sent_ += bytes;
    for (const Frame& frame : take_frames(sent_)) note(frame);
  }

  // What the server has sent next, cut anywhere.
  void take(std::string_view bytes) {
    input_ += bytes;
    for (const Frame& frame : take_frames(input_)) {
      if (fault.empty()) take(frame);
    }
    if (fault.empty() && input_.size() >= h2::frame_header_bytes &&
        h2::read_frame_header(input_.data()).length > limits::h2_frame_max) {
      fail("a frame is too long");
    }
  }

  const H2Response& operator[](uint32_t stream) { return responses_[stream]; }
  const std::map<uint32_t, H2Response>& responses() const { return responses_; }
  bool inside_frame() const { return !input_.empty(); }

  std::string fault;    // the first one
  std::string frames;   // all but HEADERS and DATA, with "; " between
  bool leaving = false; // GOAWAY has come
  Error error = Error::no_error;
  uint32_t last = h2::stream_max; // as it says
  size_t data_frames = 0;
  std::string order; // the streams whose DATA came, in order

 private:
  void note(const Frame& frame) {
    H2Response& response = responses_[frame.header.stream];
    switch (frame.header.type) {
      case FrameType::headers:
        if (!response.asked) response.window = initial_;
        response.asked = true;
        last_asked_ = std::max(last_asked_, frame.header.stream);
        return;
      case FrameType::rst_stream: response.left = true; return;
      case FrameType::window_update:
        if (frame.payload.size() == 4)
          (frame.header.stream == 0 ? window_ : response.window) +=
              h2::read_number(frame.payload.data(), 4) & h2::stream_max;
        return;
      case FrameType::settings: // it counts from its acknowledgement on (RFC 9113 section 6.5.3)
        if (frame.header.has(h2::flag::ack)) return;
        settings_.push_back(-1);
        for (size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
          if (h2::read_number(frame.payload.data() + at, 2) == static_cast<uint32_t>(Setting::initial_window_size))
            settings_.back() = h2::read_number(frame.payload.data() + at + 2, 4);
        }
        return;
      default: return;
    }
  }

  void fail(const std::string& what) {
    if (fault.empty()) fault = what;
  }

  void take(const Frame& frame) {
    bool continues = frame.header.type == FrameType::continuation;
    if (frame.header.length > limits::h2_frame_max) return fail("a frame is too long");
    if (continues != (block_stream_ != 0)) return fail("a header block is interrupted");
    if (!greeted_ && (frame.header.type != FrameType::settings || frame.header.has(h2::flag::ack)))
      return fail("the first frame is not SETTINGS");
    greeted_ = true;
    switch (frame.header.type) {
      case FrameType::data: return data(frame);
      case FrameType::headers: return headers(frame);
      case FrameType::continuation: return continuation(frame);
      default: break;
    }
    frames += (frames.empty() ? "" : "; ") + describe(frame);
    control(frame);
  }

  H2Response* open_stream(uint32_t id) {
    auto found = responses_.find(id);
    if (found == responses_.end() || !found->second.asked) return fail("it uses a stream that was not opened"), nullptr;
    H2Response& response = found->second;
    if (response.ended || !response.reset.empty()) return fail("it uses a stream that it has ended"), nullptr;
    return &response;
  }

  void data(const Frame& frame) {
    H2Response* response = open_stream(frame.header.stream);
    if (response == nullptr) return;
    auto size = static_cast<int64_t>(frame.payload.size());
    window_ -= size;
    response->window -= size;
    if (!response->head) return fail("DATA before HEADERS");
    if (size > 0 && (window_ < 0 || response->window < 0)) return fail("more DATA than a window allows");
    if (frame.header.flags > h2::flag::end_stream) return fail("flags of DATA");
    response->body += frame.payload;
    response->ended = frame.header.has(h2::flag::end_stream);
    if (size == 0 && !response->ended) return fail("DATA with nothing");
    data_frames++;
    order += std::to_string(frame.header.stream) + " ";
  }

  void headers(const Frame& frame) {
    H2Response* response = open_stream(frame.header.stream);
    if (response == nullptr) return;
    if (response->head) return fail("HEADERS twice");
    block_ = frame.payload;
    block_stream_ = frame.header.stream;
    response->head = true;
    response->ended = frame.header.has(h2::flag::end_stream);
    if (frame.header.has(h2::flag::end_headers)) end_block();
  }

  void continuation(const Frame& frame) {
    if (frame.header.stream != block_stream_) return fail("CONTINUATION of another stream");
    block_ += frame.payload;
    if (frame.header.has(h2::flag::end_headers)) end_block();
  }

  void end_block() {
    Fields fields = decoder_.decode(block_);
    if (fields.empty() || fields[0].first != ":status") return fail("a block without a status, or that is malformed");
    responses_[block_stream_].fields = fields;
    block_stream_ = 0;
  }

  void control(const Frame& frame) {
    const std::string& payload = frame.payload;
    switch (frame.header.type) {
      case FrameType::settings:
        if (!frame.header.has(h2::flag::ack)) return;
        if (settings_.empty()) return fail("an acknowledgement of nothing");
        if (int64_t next = settings_.front(); next >= 0) {
          for (auto& [id, response] : responses_) response.window += next - initial_;
          initial_ = next;
        }
        settings_.pop_front();
        return;
      case FrameType::rst_stream: {
        // It may be an answer to a frame of a stream that is over, or that was skipped.
        if (frame.header.stream == 0 || frame.header.stream > last_asked_) return fail("a reset of an idle stream");
        H2Response& response = responses_[frame.header.stream];
        response.reset = name_of(static_cast<Error>(h2::read_number(payload.data(), 4)));
        return;
      }
      case FrameType::goaway: {
        uint32_t next = h2::read_number(payload.data(), 4);
        if (leaving && next > last) return fail("the last stream grows");
        last = next;
        leaving = true;
        error = static_cast<Error>(h2::read_number(payload.data() + 4, 4));
        return;
      }
      case FrameType::ping:
      case FrameType::window_update: return;
      default: return fail("a frame that no server sends");
    }
  }

  HpackPeer decoder_;
  std::map<uint32_t, H2Response> responses_;
  std::deque<int64_t> settings_;
  std::string sent_; // of which a frame is incomplete
  std::string input_;
  std::string block_;
  uint32_t block_stream_ = 0;
  uint32_t last_asked_ = 0;
  bool greeted_ = false;
  int64_t initial_ = limits::h2_window;
  int64_t window_ = limits::h2_window;
};

} // namespace minhttp::test
