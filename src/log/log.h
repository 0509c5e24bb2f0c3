// SPDX-License-Identifier: MIT
#pragma once
// The log: gathers lines in memory, and writes them without blocking. When the reader is too slow and the buffer is
// full, whole lines are dropped, and a line says how many.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "log/write_lock.h"

namespace minhttp::log {

class Log {
 public:
  // buffer: limits::log_bytes or so. fd: the descriptor to write to, usually 1.
  // json: lines that the log writes itself are JSON, too.
  Log(std::span<char> buffer, int fd, bool json = false) : buffer_(buffer), fd_(fd), json_(json) {}

  // Room for one line of at most size bytes; then call commit() with the bytes that the line has. Empty: there is no
  // room, and the line is dropped and counted.
  std::span<char> reserve(size_t size);
  void commit(size_t size) { used_ += size; }

  // Other processes write to the same descriptor, under this lock. who: the number of this process, not 0.
  void share(WriteLock& lock, uint32_t who) {
    lock_ = &lock;
    who_ = who;
  }

  // Writes what can be written without blocking; the rest waits for the next call. False: another
  // process has the lock.
  bool flush();

  // Lines that were dropped, ever.
  uint64_t lost() const { return lost_ever_; }

  bool pending() const { return used_ > 0; }

 private:
  size_t piece(size_t from) const;
  void write_all();
  void report_loss();
  void report_failure(Errno why);

  std::span<char> buffer_;
  size_t used_ = 0;
  uint64_t lost_ = 0; // and not reported yet
  uint64_t lost_ever_ = 0;
  int fd_;
  bool json_;
  bool torn_ = false;     // the last write failed in the middle of a line
  uint32_t failures_ = 0; // times that writing began to fail
  bool failing_ = false;
  WriteLock* lock_ = nullptr; // null: no other process writes
  uint32_t who_ = 0;
  bool in_line_ = false; // a line that is longer than a write was written in part; the lock is kept
};

} // namespace minhttp::log
