// SPDX-License-Identifier: MIT
// A tour: read() takes the next frame; a function for each type of frame reads it: DATA and header blocks here,
// the others in session_control.cc, blocks that are too large in session_dropping.cc, the turns of streams in
// session_turns.cc. RFC 9113 section 5.4 has two kinds of errors: broken() ends the connection, stream_error() one
// stream.

#include "h2/session.h"

#include "base/bytes.h"
#include "h2/control_frames.h"
#include "h2/hpack_decode.h"
#include "h2/priority.h"
#include "h2/request.h"

namespace minhttp::h2 {

using Kind = Input::Kind;

namespace {

bool is_known(FrameType type) { return type <= FrameType::continuation || type == FrameType::priority_update; }

} // namespace

[[gnu::noinline]] Input Session::broken(Error error, Writer& out) {
  write_goaway(out, last_id_, error);
  broken_ = true;
  return {.kind = Kind::broken};
}

// The peer has used up so much of its budget. False: more than it had.
[[gnu::noinline]] bool Session::charge(int32_t units) {
  budget_ -= units;
  return budget_ >= 0;
}

// A frame that changes nothing, as good clients send few of.
Input Session::ignored(Writer& out) {
  return charge(limits::h2_cost_frame) ? Input{.kind = Kind::frame} : broken(Error::enhance_your_calm, out);
}

[[gnu::noinline]] Input Session::stream_error(Shared& shared, uint32_t id, Error error, Writer& out) {
  uint32_t slot = find(id);
  if (slot != Pool::none) {
    if (!reset(shared, slot, error, out)) return {.kind = Kind::broken};
    return {.kind = Kind::reset, .stream = slot};
  }
  if (is_unused(id)) return broken(error, out); // section 6.4: RST_STREAM must not be sent for an idle stream
  if (!charge(limits::h2_cost_reset)) return broken(Error::enhance_your_calm, out);
  write_rst_stream(out, id, error);
  note_past(id, true);
  return {.kind = Kind::frame};
}

Input Session::read(std::span<char> input, Shared& shared, Writer& out, http::Request& request, http::Status& status) {
  cost::add(cost::Kind::states);
  if (skip_ > 0) return skip(input);
  if (fragment_ > 0) return drop_fragment(input, shared, out);
  if (input.size() < block_ + frame_header_bytes) return {};
  FrameHeader frame = read_frame_header(input.data() + block_);
  std::span<char> payload = input.subspan(block_ + frame_header_bytes);
  if (frame.length > limits::h2_frame_max) return broken(Error::frame_size_error, out);
  if (!greeted_ && (frame.type != FrameType::settings || frame.has(flag::ack))) {
    return broken(Error::protocol_error, out); // section 3.4
  }
  bool continues = frame.type == FrameType::continuation;
  if (continues != (block_stream_ != 0) || (continues && frame.stream != block_stream_)) {
    return broken(Error::protocol_error, out); // section 6.10
  }
  if (frame.type == FrameType::data) return read_data(payload, frame, shared, out);
  if (!is_known(frame.type)) { // section 4.1
    skip_ = frame.length;
    Input result = ignored(out);
    result.used = frame_header_bytes;
    return result;
  }
  if (dropping_ > 0) return next_dropped(input, frame, out);
  if (block_ + frame.length > limits::head_max) return begin_dropping(input, frame, shared, out, request, status);
  if (payload.size() < frame.length) return {};
  Input result;
  if (continues || frame.type == FrameType::headers) {
    std::span<char> block = payload.first(frame.length);
    result = continues ? join(input, frame, block, out) : begin_block(frame, block, out);
    if (result.kind == Kind::broken) return result;
    if (!frame.has(flag::end_headers)) {
      block_ = static_cast<uint32_t>(block.size());
      return result;
    }
    Input read = read_block({block.data(), block.size()}, shared, out, request, status);
    read.used = result.used + static_cast<uint32_t>(block.size());
    block_ = block_stream_ = 0;
    return read;
  }
  result = read_control({payload.data(), frame.length}, frame, shared, out);
  result.used = static_cast<uint32_t>(frame_header_bytes) + frame.length;
  return result;
}

bool Session::may_complete_request(std::span<const char> input) const {
  if (skip_ > 0 || dropping_ > 0 || input.size() < block_ + frame_header_bytes) return false;
  FrameType type = read_frame_header(input.data() + block_).type;
  return type == FrameType::headers || type == FrameType::continuation;
}

Input Session::skip(std::span<char> input) {
  if (input.empty()) return {};
  auto used = static_cast<uint32_t>(input.size() < skip_ ? input.size() : skip_);
  skip_ -= used;
  return {.kind = Kind::frame, .used = used};
}

// The windows that we give never become negative, as they are opened before a whole frame does not fit any more.
static_assert(limits::h2_frame_max <= limits::h2_window / 2);

// Section 6.1. The bytes are dropped as they come; all counts when the frame's header does.
Input Session::read_data(std::span<char> payload, const FrameHeader& frame, Shared& shared, Writer& out) {
  bool padded = frame.has(flag::padded);
  if (padded && frame.length > 0 && payload.empty()) return {};
  if (padded && frame.length == 0) return broken(Error::frame_size_error, out);
  uint32_t padding = padded ? 1 + read_number(payload.data(), 1) : 0;
  if (is_unused(frame.stream) || padding > frame.length) return broken(Error::protocol_error, out);
  auto length = static_cast<int32_t>(frame.length);
  receive_window_ -= length;
  if (receive_window_ < limits::h2_window / 2) { // section 6.9: what is dropped is consumed
    write_window_update(out, 0, static_cast<uint32_t>(limits::h2_window - receive_window_));
    receive_window_ = limits::h2_window;
  }
  bool small = frame.length < limits::h2_small && !frame.has(flag::end_stream);
  if (small && !charge(limits::h2_cost_frame)) return broken(Error::enhance_your_calm, out);
  skip_ = frame.length;
  Input result = body_frame(frame, frame.length - padding, shared, out);
  result.used = frame_header_bytes;
  return result;
}

// What a DATA frame means for its stream. bytes: without padding.
Input Session::body_frame(const FrameHeader& frame, uint32_t bytes, Shared& shared, Writer& out) {
  bool end = frame.has(flag::end_stream);
  uint32_t slot = find(frame.stream);
  if (slot == Pool::none) {
    bool dropped = frame.stream > last_id_ || past(frame.stream) == Past::reset;
    if (dropped) return ignored(out); // it was under way
    return stream_error(shared, frame.stream, Error::stream_closed, out);
  }
  Stream& stream = shared.streams[slot];
  if (stream.peer_ended) return stream_error(shared, frame.stream, Error::stream_closed, out);
  stream.receive_window -= static_cast<int32_t>(frame.length);
  stream.received += bytes;
  bool lies = end ? stream.received != stream.content_length : stream.received > stream.content_length;
  if (stream.content_length != UINT64_MAX && lies) { // section 8.1.1
    return stream_error(shared, frame.stream, Error::protocol_error, out);
  }
  if (stream.received > shared.body_max) {
    return stream_error(shared, frame.stream, stream.ended ? Error::no_error : Error::cancel, out); // section 8.1
  }
  stream.peer_ended = end;
  if (!end && stream.receive_window < limits::h2_window / 2) {
    write_window_update(out, frame.stream, static_cast<uint32_t>(limits::h2_window - stream.receive_window));
    stream.receive_window = limits::h2_window;
  }
  return {.kind = Kind::frame, .stream = slot};
}

// HEADERS (section 6.2): block becomes the fragment, without padding and priority.
Input Session::begin_block(const FrameHeader& frame, std::span<char>& block, Writer& out) {
  if (frame.stream % 2 == 0) return broken(Error::protocol_error, out); // 0, or one that a server opens
  uint32_t front = (frame.has(flag::padded) ? 1U : 0U) + (frame.has(flag::priority) ? 5U : 0U);
  if (front > frame.length) return broken(Error::frame_size_error, out);
  uint32_t padding = frame.has(flag::padded) ? read_number(block.data(), 1) : 0;
  if (front + padding > frame.length) return broken(Error::protocol_error, out);
  block_malformed_ = false;
  if (frame.has(flag::priority)) { // deprecated and ignored (section 5.3.2)
    block_malformed_ = (read_number(block.data() + front - 5, 4) & stream_max) == frame.stream;
  }
  block_stream_ = frame.stream;
  block_ended_ = frame.has(flag::end_stream);
  fragments_ = 0;
  uint32_t size = frame.length - front - padding;
  // To the end of its frame, so that the next frame, which may be a fragment that is joined to this one, follows it.
  if (padding > 0) __builtin_memmove(block.data() + front + padding, block.data() + front, size);
  front += padding;
  block = block.subspan(front, size);
  return {.kind = Kind::frame, .used = static_cast<uint32_t>(frame_header_bytes) + front};
}

// CONTINUATION (section 6.10): block becomes all fragments, joined over the header of its frame.
Input Session::join(std::span<char> input, const FrameHeader& frame, std::span<char>& block, Writer& out) {
  if (++fragments_ > limits::h2_fragments_max || !charge(limits::h2_cost_fragment)) {
    return broken(Error::enhance_your_calm, out);
  }
  __builtin_memmove(input.data() + frame_header_bytes, input.data(), block_);
  cost::add(cost::Kind::bytes, block_);
  block = input.subspan(frame_header_bytes, block_ + frame.length);
  return {.kind = Kind::frame, .used = frame_header_bytes};
}

// A header block is complete.
Input Session::read_block(std::string_view block, Shared& shared, Writer& out, http::Request& request,
                          http::Status& status) {
  uint32_t id = block_stream_;
  if (id > last_id_) return read_request(block, shared, out, request, status);
  if (uint32_t slot = find(id); slot != Pool::none) return read_trailers(block, slot, shared, out);
  switch (past(id)) {
    case Past::reset: return drop_block(block, shared, out); // it was under way
    case Past::closed: return broken(Error::stream_closed, out);
    case Past::unknown: break;
  }
  return broken(Error::protocol_error, out); // section 5.1.1: a new stream has a higher number
}

// For the decoder's table only.
Input Session::drop_block(std::string_view block, Shared& shared, Writer& out) {
  struct Nobody {
    static bool field(std::string_view, std::string_view) { return false; }
    static bool oversized(std::string_view) { return false; }
  } nobody;
  Error error = Decoder(table_, shared.scratch).decode(block, nobody);
  return error == Error::no_error ? ignored(out) : broken(error, out);
}

Input Session::read_request(std::string_view block, Shared& shared, Writer& out, http::Request& request,
                            http::Status& status) {
  uint32_t id = block_stream_;
  if (draining_ == Draining::last) return drop_block(block, shared, out); // GOAWAY has said so
  last_id_ = id;
  if (count_ == shared.streams_max || shared.streams.free.taken() == shared.streams.free.size()) {
    Input dropped = drop_block(block, shared, out);
    return dropped.kind == Kind::broken ? dropped : stream_error(shared, id, Error::refused_stream, out);
  }
  request = {};
  RequestReader reader(shared.text, request);
  Error error = Decoder(table_, shared.scratch).decode(block, reader);
  if (error != Error::no_error) return broken(error, out);
  HeadOutcome outcome = dropping_ > 0 ? reader.give_up() : reader.finish(block_ended_);
  bool large = dropping_ > 0 || block.size() >= limits::h2_small;
  if (large && outcome.kind != HeadOutcome::Kind::ok && !charge(limits::h2_cost_head)) {
    return broken(Error::enhance_your_calm, out);
  }
  if (block_malformed_ || outcome.kind == HeadOutcome::Kind::malformed) {
    return stream_error(shared, id, Error::protocol_error, out);
  }
  uint32_t slot = open(shared, id);
  Stream& stream = shared.streams[slot];
  stream.peer_ended = block_ended_;
  if (request.has(http::Field::content_length)) stream.content_length = request.content_length;
  stream.priority = parse_priority(reader.priority());
  status = outcome.kind == HeadOutcome::Kind::refused ? outcome.status : http::Status::ok;
  return {.kind = Kind::request, .stream = slot};
}

// A second block of a stream (section 8.1): checked, and dropped.
Input Session::read_trailers(std::string_view block, uint32_t slot, Shared& shared, Writer& out) {
  Stream& stream = shared.streams[slot];
  TrailerReader reader;
  Error error = Decoder(table_, shared.scratch).decode(block, reader);
  if (error != Error::no_error) return broken(error, out);
  if (stream.peer_ended) return stream_error(shared, stream.id, Error::stream_closed, out);
  bool lies = stream.content_length != UINT64_MAX && stream.received != stream.content_length;
  if (block_malformed_ || !block_ended_ || lies || reader.outcome().kind == HeadOutcome::Kind::malformed) {
    return stream_error(shared, stream.id, Error::protocol_error, out);
  }
  stream.peer_ended = true;
  return {.kind = Kind::frame, .stream = slot};
}

size_t Session::write_table_size(Writer& out) {
  if (table_size_written_) return 0;
  table_size_written_ = true;
  out.byte('\x20');
  return 1;
}

} // namespace minhttp::h2
