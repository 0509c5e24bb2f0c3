// SPDX-License-Identifier: MIT
#pragma once
// The log: lines gathered in memory, written when nobody is kept waiting by it. A reader
// that is too slow loses whole lines, and is told how many.

#include <cstddef>
#include <cstdint>
#include <span>

#include "tell/turn.h"

namespace minhttp::tell {

class Log {
 public:
  // buffer: limits::log_bytes or so. fd: where the lines go, usually 1.
  Log(std::span<char> buffer, int fd) : buffer_(buffer), fd_(fd) {}

  // Room for one line of at most size bytes, or an empty span: then the line is dropped
  // and counted. commit says how many bytes the line has in the end.
  std::span<char> reserve(size_t size);
  void commit(size_t size) { used_ += size; }

  // The descriptor is written to by others, too, who take turns with us. who: not 0.
  void share(Turn& turn, uint32_t who) {
    turn_ = &turn;
    who_ = who;
  }

  // Writes what can be written without blocking; the rest waits for the next call. false: it
  // was somebody else's turn.
  bool flush();

  bool pending() const { return used_ > 0; }

 private:
  size_t piece(size_t from) const;
  void write_all();
  void tell_of_loss();

  std::span<char> buffer_;
  size_t used_ = 0;
  uint64_t lost_ = 0;
  int fd_;
  Turn* turn_ = nullptr; // null: nobody else writes
  uint32_t who_ = 0;
  bool in_line_ = false; // the reader has the beginning of a line that is longer than a write
};

} // namespace minhttp::tell
