// SPDX-License-Identifier: MIT
// Another part of h2/session.cc: the frames that carry no request, and graceful shutdown.

#include "h2/control_frames.h"
#include "h2/priority.h"
#include "h2/session.h"

namespace minhttp::h2 {

using Kind = Input::Kind;

namespace {

constexpr std::string_view drain_ping() { return {"draining", 8}; }

constexpr uint32_t entry_bytes = 6; // of a setting

} // namespace

void Session::start(const Shared& shared, Writer& out) {
  struct Ours {
    Setting name;
    uint32_t value;
  };
  const Ours ours[] = {{Setting::header_table_size, table_.allowed()},
                       {Setting::max_concurrent_streams, shared.streams_max},
                       {Setting::max_header_list_size, limits::head_max},
                       {Setting::no_rfc7540_priorities, 1}};
  char payload[sizeof ours / sizeof ours[0] * entry_bytes];
  char* at = payload;
  for (const Ours& setting : ours) {
    write_number(at, static_cast<uint32_t>(setting.name), 2);
    write_number(at + 2, setting.value, 4);
    at += entry_bytes;
  }
  write_frame(out, {.length = sizeof payload, .type = FrameType::settings}, {payload, sizeof payload});
}

Input Session::read_control(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out) {
  switch (frame.type) {
    case FrameType::settings: return read_settings(payload, frame, shared, out);
    case FrameType::ping: return read_ping(payload, frame, out);
    case FrameType::window_update: return read_window_update(payload, frame, shared, out);
    case FrameType::rst_stream: return read_rst_stream(frame, out);
    case FrameType::priority: return read_priority(payload, frame, shared, out);
    case FrameType::priority_update: return read_priority_update(payload, frame, shared, out);
    case FrameType::goaway:
      if (frame.stream != 0) return broken(Error::protocol_error, out);
      if (frame.length < 8) return broken(Error::frame_size_error, out);
      peer_leaves_ = true;
      return ignored(out);
    default: break;
  }
  return broken(Error::protocol_error, out); // PUSH_PROMISE, which only a server sends
}

// RFC 9113 section 6.5. Of a setting that comes twice the last value counts, so a long frame costs no more than its
// bytes.
Input Session::read_settings(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out) {
  if (frame.stream != 0) return broken(Error::protocol_error, out);
  if (frame.has(flag::ack)) {
    return frame.length == 0 ? ignored(out) : broken(Error::frame_size_error, out);
  }
  if (frame.length % entry_bytes != 0) return broken(Error::frame_size_error, out);
  if (greeted_ && !charge(limits::h2_cost_settings)) return broken(Error::enhance_your_calm, out);
  greeted_ = true;
  uint32_t window = initial_window_;
  for (; !payload.empty(); payload = drop(payload, entry_bytes)) {
    auto name = static_cast<Setting>(read_number(payload.data(), 2));
    uint32_t value = read_number(payload.data() + 2, 4);
    if (name == Setting::enable_push && value > 1) return broken(Error::protocol_error, out);
    if (name == Setting::max_frame_size && (value < limits::h2_frame_max || value > limits::h2_frame_size_max)) {
      return broken(Error::protocol_error, out);
    }
    if (name == Setting::no_rfc7540_priorities && value > 1) return broken(Error::protocol_error, out); // RFC 9218 2.1
    if (name != Setting::initial_window_size) continue;
    if (value > stream_max) return broken(Error::flow_control_error, out);
    window = value;
  }
  if (window != initial_window_) {
    if (!change_windows(shared, int64_t{window} - initial_window_)) return broken(Error::flow_control_error, out);
    initial_window_ = window;
  }
  write_settings_ack(out);
  return {.kind = Kind::frame};
}

// Section 6.9.2. False: a window is more than 2^31 - 1 now.
bool Session::change_windows(Shared& shared, int64_t difference) {
  for (uint32_t slot : open_streams()) {
    Stream& stream = shared.streams[slot];
    int64_t window = stream.window + difference;
    if (window > stream_max) return false;
    stream.window = static_cast<int32_t>(window);
    rearrange(shared, slot);
  }
  return true;
}

// Of a small WINDOW_UPDATE. Where the window stays small, a response costs as many frames as the client likes.
int32_t Session::cost_of_update(const Shared& shared, uint32_t stream, uint32_t bytes) const {
  uint32_t slot = stream == 0 ? Pool::none : find(stream);
  int64_t window = slot == Pool::none ? window_ : shared.streams[slot].window;
  return window + bytes < limits::h2_small ? limits::h2_cost_window : limits::h2_cost_frame;
}

// Section 6.9.
Input Session::read_window_update(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out) {
  if (frame.length != 4) return broken(Error::frame_size_error, out);
  uint32_t bytes = read_number(payload.data(), 4) & stream_max;
  if (bytes < limits::h2_small && !charge(cost_of_update(shared, frame.stream, bytes))) {
    return broken(Error::enhance_your_calm, out);
  }
  if (frame.stream == 0) {
    if (bytes == 0) return broken(Error::protocol_error, out);
    int64_t window = int64_t{window_} + bytes;
    if (window > stream_max) return broken(Error::flow_control_error, out);
    window_ = static_cast<int32_t>(window);
    stalled_ms_ = INT64_MAX;
    return {.kind = Kind::frame};
  }
  if (is_unused(frame.stream)) return broken(Error::protocol_error, out);
  uint32_t slot = find(frame.stream);
  if (slot == Pool::none) return ignored(out); // it was under way
  if (bytes == 0) return stream_error(shared, frame.stream, Error::protocol_error, out);
  Stream& stream = shared.streams[slot];
  int64_t window = int64_t{stream.window} + bytes;
  if (window > stream_max) return stream_error(shared, frame.stream, Error::flow_control_error, out);
  stream.window = static_cast<int32_t>(window);
  rearrange(shared, slot);
  return {.kind = Kind::frame};
}

// Section 6.4.
Input Session::read_rst_stream(const FrameHeader& frame, Writer& out) {
  if (frame.length != 4) return broken(Error::frame_size_error, out);
  if (is_unused(frame.stream)) return broken(Error::protocol_error, out);
  if (!charge(limits::h2_cost_reset)) return broken(Error::enhance_your_calm, out);
  uint32_t slot = find(frame.stream);
  if (slot == Pool::none) return {.kind = Kind::frame};
  return {.kind = Kind::reset, .stream = slot};
}

// Section 6.3: deprecated, and ignored but for its syntax.
Input Session::read_priority(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out) {
  if (frame.stream == 0) return broken(Error::protocol_error, out);
  if (!charge(limits::h2_cost_frame)) return broken(Error::enhance_your_calm, out);
  Error error = Error::frame_size_error;
  if (frame.length == 5) {
    if ((read_number(payload.data(), 4) & stream_max) != frame.stream) return {.kind = Kind::frame};
    error = Error::protocol_error;
  }
  return stream_error(shared, frame.stream, error, out);
}

// RFC 9218 section 7.1. One for a stream that is not open, or no more, is ignored.
Input Session::read_priority_update(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out) {
  if (frame.stream != 0) return broken(Error::protocol_error, out);
  if (frame.length < 4) return broken(Error::frame_size_error, out);
  uint32_t id = read_number(payload.data(), 4) & stream_max;
  if (id % 2 == 0) return broken(Error::protocol_error, out); // 0, or one that a server opens
  if (!charge(limits::h2_cost_frame)) return broken(Error::enhance_your_calm, out);
  uint32_t slot = find(id);
  if (slot == Pool::none) return {.kind = Kind::frame};
  bool has_turns = shared.streams[slot].waits == Waits::turn;
  if (has_turns) leave(shared, slot); // the list of its urgency
  shared.streams[slot].priority = parse_priority(drop(payload, 4));
  if (has_turns) rearrange(shared, slot);
  return {.kind = Kind::frame};
}

// Section 6.7.
Input Session::read_ping(std::string_view payload, const FrameHeader& frame, Writer& out) {
  if (frame.stream != 0) return broken(Error::protocol_error, out);
  if (frame.length != 8) return broken(Error::frame_size_error, out);
  if (!frame.has(flag::ack)) {
    if (!charge(limits::h2_cost_ping)) return broken(Error::enhance_your_calm, out);
    write_ping(out, payload, true);
    return {.kind = Kind::frame};
  }
  if (draining_ == Draining::asked && equal(payload, drain_ping())) drain(out);
  return ignored(out);
}

void Session::drain(Writer& out) {
  switch (draining_) {
    case Draining::no:
      write_goaway(out, stream_max, Error::no_error);
      write_ping(out, drain_ping(), false);
      draining_ = Draining::asked;
      break;
    case Draining::asked:
      write_goaway(out, last_id_, Error::no_error);
      draining_ = Draining::last;
      break;
    case Draining::last: break;
  }
}

} // namespace minhttp::h2
