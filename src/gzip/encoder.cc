// SPDX-License-Identifier: MIT
#include "gzip/encoder.h"

#include "base/bytes.h"

namespace minhttp::gzip {

namespace {

constexpr size_t header_bytes = 10; // RFC 1952 section 2.3.1
constexpr size_t trailer_bytes = 8;

} // namespace

void Encoder::begin(std::span<char> out) {
  out_ = BitWriter(out);
  ended_ = false;
  state_ = Progress::more;
  total_ = 0;
  work_ = 0;
  block_begin_ = Window::lowest;
  pending_ = {};
  crc_.begin();
  block_.begin();
  window_.begin();
  if (!out_.has_room(8 * header_bytes)) {
    state_ = Progress::does_not_fit;
    return;
  }
  // Neither a time nor a system in the header: equal input gives equal output everywhere.
  constexpr std::array<char, header_bytes> header = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};
  out_.bytes(header.data(), header.size());
}

void Encoder::add(size_t count) {
  std::span<char> bytes = window_.room();
  window_.add(count);
  crc_.add(bytes.first(count));
  total_ += static_cast<uint32_t>(count);
}

Progress Encoder::step(uint32_t budget) {
  uint64_t enough = work_ + budget;
  while (state_ == Progress::more) {
    if (window_.left() < Window::lookahead) {
      if (!ended_) return Progress::input;
      if (window_.left() == 0) {
        finish();
        break;
      }
    }
    if (work_ >= enough) break;
    next();
    if (block_.full()) write_block(false);
    if (window_.has_to_slide()) {
      window_.slide();
      block_begin_ -= int32_t{Window::half};
    }
  }
  return state_;
}

// Handles one position: it becomes a literal, or a match is used, or a match is found and waits for the next position,
// where a longer one may begin. Adds at most one symbol.
void Encoder::next() {
  work_++;
  if (pending_.length >= limits::gzip_lazy) {
    use_pending(pending_.length - 1);
    return;
  }
  uint32_t work_max = pending_.length >= limits::gzip_good ? limits::gzip_chain / 4 : limits::gzip_chain;
  Match match = window_.search(pending_.length, work_max, work_);
  if (match.length == 0 && pending_.length != 0) {
    window_.pass(); // search() has noted it
    use_pending(pending_.length - 2);
    return;
  }
  if (pending_.length != 0) {
    block_.add_literal(static_cast<uint8_t>(*window_.at(window_.position() - 1)));
  } else if (match.length == 0) {
    block_.add_literal(static_cast<uint8_t>(*window_.at(window_.position())));
  }
  pending_ = match;
  window_.pass();
}

// rest: positions of the match that are not passed yet.
void Encoder::use_pending(uint32_t rest) {
  block_.add_match(pending_.length, pending_.distance);
  pending_ = {};
  window_.note_and_pass(rest);
  work_ += rest;
}

void Encoder::write_block(bool last) {
  auto end = static_cast<int32_t>(window_.position() - (pending_.length != 0 ? 1 : 0));
  auto size = static_cast<size_t>(end - block_begin_);
  work_ += block_.size();
  std::span<const char> raw;
  if (block_begin_ >= 0 && size <= stored_max) raw = {window_.at(static_cast<uint32_t>(block_begin_)), size};
  if (!block_.write(out_, raw, last)) state_ = Progress::does_not_fit;
  block_begin_ = end;
}

void Encoder::finish() {
  write_block(true);
  if (state_ == Progress::does_not_fit) return;
  if (!out_.has_room(out_.padding() + 8 * trailer_bytes)) {
    state_ = Progress::does_not_fit;
    return;
  }
  out_.align();
  out_.put(crc_.value(), 32);
  out_.flush();
  out_.put(total_, 32);
  out_.flush();
  state_ = Progress::done;
}

} // namespace minhttp::gzip
