// SPDX-License-Identifier: MIT
#pragma once
// A gzip (RFC 1952) encoder with DEFLATE (RFC 1951), which works in slices of bounded work and allocates nothing. The
// path of the data:
//
//   room(), add() ─▶ the window ─▶ matches.h finds earlier occurrences ─▶ block.h collects literals and matches, and
//   writes them as a block ─▶ bits.h ─▶ the output.
//
// Equal inputs give equal outputs, however they are split into pieces and slices.

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

// To be incremented when equal input gives other output than before: entity tags depend on it.
constexpr int version = 1;

enum class Progress : uint8_t {
  input,       // needs more input, or end()
  more,        // the budget is used up
  done,        // size() bytes of the output are a gzip file
  does_not_fit // the output is too small; its content is useless
};

// Needs no constructor: zeroed or used memory is fine.
class Encoder {
 public:
  // out: must live until done; its size is the only limit of the output. If it is as large as the input, an input that
  // does not shrink ends with does_not_fit.
  void begin(std::span<char> out);

  // The buffer for the next bytes of input: at least 32 KiB after step() has returned input; may be empty otherwise.
  std::span<char> room() { return window_.room(); }

  // So many bytes were written to room().
  void add(size_t count);

  // There is no more input.
  void end() { ended_ = true; }

  // Works until budget units are used, and then finishes what it has begun: a match, or a block of at most
  // limits::gzip_symbols units. A unit is one position passed, one candidate checked, eight bytes compared, or one
  // symbol written. An input takes at most limits::gzip_work_per_byte units for each of its bytes.
  Progress step(uint32_t budget);

  // Units used since begin().
  uint64_t work() const { return work_; }

  // Size of the output in bytes, when done.
  size_t size() const { return out_.size(); }

 private:
  void next();
  void use_pending(uint32_t rest);
  void write_block(bool last);
  void finish();

  BitWriter out_;
  Progress state_; // more, until done or does_not_fit
  bool ended_;
  uint32_t total_;      // bytes of the input
  int32_t block_begin_; // a position; negative: it is no longer in the window
  uint64_t work_;
  Match pending_; // begins one byte before the current position
  Crc32 crc_;
  Block block_;
  Window window_;
};

static_assert(sizeof(Encoder) <= limits::gzip_encoder_bytes);

} // namespace minhttp::gzip
