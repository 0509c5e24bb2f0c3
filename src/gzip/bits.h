// SPDX-License-Identifier: MIT
#pragma once
// Bits in the order of DEFLATE: the first one is the lowest of its byte (RFC 1951 section 3.1.1).

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace minhttp::gzip {

// The caller asks has_room before it writes; writing more is a bug of ours.
class BitWriter {
 public:
  BitWriter() = default;
  explicit BitWriter(std::span<char> out) : out_(out.data()), size_(out.size()) {}

  bool has_room(uint64_t bits) const { return bits <= uint64_t{size_ - at_} * 8 - used_; }

  // bits: nothing above the lowest count. Between two calls of flush at most 56 bits may be put.
  void put(uint64_t bits, uint32_t count) {
    waiting_ |= bits << used_;
    used_ += count;
  }

  // Writes the whole bytes that wait.
  void flush() {
    if (size_ - at_ >= sizeof waiting_) {
      __builtin_memcpy(out_ + at_, &waiting_, sizeof waiting_); // what is behind the whole bytes is written again
      at_ += used_ / 8;
      waiting_ >>= used_ & ~7U;
      used_ &= 7;
      return;
    }
    flush_by_bytes();
  }

  // Puts zero bits up to the next byte.
  void align() {
    used_ = (used_ + 7) & ~7U;
    flush();
  }

  // Only behind align().
  void bytes(const char* from, size_t count) {
    CHECK(used_ == 0 && count <= size_ - at_);
    __builtin_memcpy(out_ + at_, from, count);
    at_ += count;
  }

  // Bits to the next byte's begin.
  uint32_t padding() const { return (8 - used_ % 8) % 8; }
  size_t size() const { return at_; }

 private:
  [[gnu::noinline]] void flush_by_bytes() {
    while (used_ >= 8) {
      CHECK(at_ < size_);
      out_[at_++] = static_cast<char>(waiting_);
      waiting_ >>= 8;
      used_ -= 8;
    }
  }

  char* out_ = nullptr;
  size_t size_ = 0;
  size_t at_ = 0;
  uint64_t waiting_ = 0;
  uint32_t used_ = 0; // bits of waiting_, less than 8 behind flush
};

} // namespace minhttp::gzip
