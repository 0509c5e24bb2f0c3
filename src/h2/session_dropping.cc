// SPDX-License-Identifier: MIT
// Another part of h2/session.cc: header blocks that are larger than limits::head_max. The stream is answered when that
// much has arrived; what follows is dropped as it comes, while the bytes that are not decoded yet stay at the beginning
// of the input, as fragments do.

#include "h2/session.h"

namespace minhttp::h2 {

using Kind = Input::Kind;

static_assert(limits::h2_frame_max <= limits::head_max, "only a CONTINUATION makes a block larger than head_max");

// CONTINUATION, with which the block becomes too large: waits for limits::head_max bytes, and reads the fields in them.
Input Session::begin_dropping(std::span<char> input, const FrameHeader& frame, Shared& shared, Writer& out,
                              http::Request& request, http::Status& status) {
  FrameHeader front = frame;
  front.length = limits::head_max - block_;
  if (input.size() < block_ + frame_header_bytes + front.length) return {};
  std::span<char> block;
  Input joined = join(input, front, block, out);
  if (joined.kind == Kind::broken) return joined;
  size_t whole = whole_fields({block.data(), block.size()});
  dropping_ = block_ + frame.length;
  fragment_ = frame.length - front.length;
  fragment_ends_ = frame.has(flag::end_headers);
  dropper_ = {};
  Input read = read_block({block.data(), whole}, shared, out, request, status);
  read.used = joined.used + static_cast<uint32_t>(whole);
  block_ = static_cast<uint32_t>(block.size() - whole);
  return read;
}

// The next CONTINUATION of a block that is dropped. What is left of the last one moves to where this one goes on.
Input Session::next_dropped(std::span<char> input, const FrameHeader& frame, Writer& out) {
  std::span<char> none;
  FrameHeader empty = frame;
  empty.length = 0;
  Input joined = join(input, empty, none, out);
  if (joined.kind == Kind::broken) return joined;
  dropping_ += frame.length;
  if (dropping_ > limits::h2_block_max) return broken(Error::enhance_your_calm, out);
  fragment_ = frame.length;
  fragment_ends_ = frame.has(flag::end_headers);
  if (fragment_ > 0 || !fragment_ends_) return joined;
  Input ended = end_dropping(out);
  ended.used += joined.used;
  return ended;
}

// Whatever has arrived of the current frame.
Input Session::drop_fragment(std::span<char> input, Shared& shared, Writer& out) {
  size_t arrived = input.size() - block_;
  if (arrived == 0) return {};
  auto fragment = static_cast<uint32_t>(arrived < fragment_ ? arrived : fragment_);
  size_t used = 0;
  Error error = dropper_.drop({input.data(), block_ + fragment}, table_, shared.scratch, used);
  if (error != Error::no_error) return broken(error, out);
  block_ = static_cast<uint32_t>(block_ + fragment - used);
  fragment_ -= fragment;
  Input result = {.kind = Kind::frame};
  if (fragment_ == 0 && fragment_ends_) result = end_dropping(out);
  result.used = static_cast<uint32_t>(used);
  return result;
}

Input Session::end_dropping(Writer& out) {
  if (block_ > 0 || !dropper_.between_fields()) return broken(Error::compression_error, out);
  block_stream_ = dropping_ = 0;
  return {.kind = Kind::frame};
}

} // namespace minhttp::h2
