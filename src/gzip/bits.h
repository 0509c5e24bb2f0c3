// SPDX-License-Identifier: MIT
#pragma once
// Writes bits in the order of DEFLATE: the first bit is the lowest of its byte (RFC 1951 section 3.1.1).

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace minhttp::gzip {

// The caller must check has_room() before it writes; to write more is a bug of ours.
class BitWriter {
 public:
  BitWriter() = default;
  explicit BitWriter(std::span<char> out) : out_(out.data()), size_(out.size()) {}

  bool has_room(uint64_t bits) const { return bits <= uint64_t{size_ - at_} * 8 - used_; }

  // bits: zero above the lowest count bits. At most 56 bits may be put between two calls of flush().
  void put(uint64_t bits, uint32_t count) {
    waiting_ |= bits << used_;
    used_ += count;
  }

  // Writes the whole bytes of waiting_ to the output.
  void flush() {
    if (size_ - at_ >= sizeof waiting_) {
      __builtin_memcpy(out_ + at_, &waiting_, sizeof waiting_); // bytes after the whole ones are overwritten later
      at_ += used_ / 8;
      waiting_ >>= used_ & ~7U;
      used_ &= 7;
      return;
    }
    flush_by_bytes();
  }

  // Pads with zero bits to a byte boundary.
  void align() {
    used_ = (used_ + 7) & ~7U;
    flush();
  }

  // Only after align().
  void bytes(const char* from, size_t count) {
    CHECK(used_ == 0 && count <= size_ - at_);
    __builtin_memcpy(out_ + at_, from, count);
    at_ += count;
  }

  // Number of bits to the next byte boundary.
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
  uint32_t used_ = 0; // bits of waiting_; less than 8 after flush()
};

} // namespace minhttp::gzip
