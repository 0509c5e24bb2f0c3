#pragma once
// The log: lines gathered in memory, written when nobody is kept waiting by it. A reader
// that is too slow loses whole lines, and is told how many.

#include <cstddef>
#include <cstdint>
#include <span>

namespace minhttp::tell {

class Log {
 public:
  // buffer: limits::log_bytes or so. fd: where the lines go, usually 1.
  Log(std::span<char> buffer, int fd) : buffer_(buffer), fd_(fd) {}

  // Room for one line of at most size bytes, or an empty span: then the line is dropped
  // and counted. commit says how many bytes the line has in the end.
  std::span<char> reserve(size_t size);
  void commit(size_t size) { used_ += size; }

  // Writes what can be written without blocking; the rest waits for the next call.
  void flush();

  bool pending() const { return used_ > 0; }

 private:
  bool writable() const;
  void tell_of_loss();

  std::span<char> buffer_;
  size_t used_ = 0;
  uint64_t lost_ = 0;
  int fd_;
};

} // namespace minhttp::tell
