// SPDX-License-Identifier: MIT
#pragma once
// gzip (RFC 1952) with DEFLATE (RFC 1951), in slices of bounded work, without allocation. The way of bytes:
//
//   room, add ─▶ the window ─▶ matches.h finds what has been there before ─▶ block.h gathers literals and matches, and
//   writes them as a block ─▶ bits.h ─▶ the output.
//
// The same input makes the same output, however it is cut into pieces and slices.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gzip/bits.h"
#include "gzip/block.h"
#include "gzip/crc32.h"
#include "gzip/matches.h"
#include "tables/limits.h"

namespace minhttp::gzip {

// Goes up when the same input makes other bytes than before: entity tags depend on it.
constexpr int version = 1;

enum class Progress : uint8_t {
  input,       // wants more input, or to hear that there is none
  more,        // the budget is used up
  done,        // size() bytes of the output are a gzip file
  does_not_fit // the output is too small; what is in it is worth nothing
};

// Needs no constructor: zeroed or used memory will do.
class Encoder {
 public:
  // out: must live until done. It is the only limit of the size; as large as the input, it makes an input that does not
  // become smaller end with does_not_fit.
  void begin(std::span<char> out);

  // Where the next bytes of the input go: 32 KiB at least where step has said input; may be empty otherwise.
  std::span<char> room() { return window_.room(); }

  // So many bytes have been put there, no more than room().
  void add(size_t count);

  // There is no more input.
  void end() { ended_ = true; }

  // Works until budget units of work are done, and then finishes what it has begun: a match, or a block of at most
  // limits::gzip_symbols units. A unit is one position passed, one earlier position looked at, eight bytes compared, or
  // one symbol written; an input takes at most limits::gzip_work_per_byte for each of its bytes.
  Progress step(uint32_t budget);

  // Units done since begin.
  uint64_t work() const { return work_; }

  // Bytes of the output, where done.
  size_t size() const { return out_.size(); }

 private:
  void next();
  void use_pending(uint32_t rest);
  void write_block(bool last);
  void finish();

  BitWriter out_;
  Progress state_; // more until it is done, or does not fit
  bool ended_;
  uint32_t total_;      // bytes of the input
  int32_t block_begin_; // a position; below 0 where it has moved out of the window
  uint64_t work_;
  Match pending_; // begins one byte before the position
  Crc32 crc_;
  Block block_;
  Window window_;
};

static_assert(sizeof(Encoder) <= limits::gzip_encoder_bytes);

} // namespace minhttp::gzip
