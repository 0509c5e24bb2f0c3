// SPDX-License-Identifier: MIT
#pragma once
// The checksum of gzip: RFC 1952 section 8.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace minhttp::gzip {

// Takes four bytes at once by four tables of 1 KiB. They are made by begin(), in some 4,000 instructions, because the
// program would grow by them otherwise.
class Crc32 {
 public:
  void begin();
  void add(std::span<const char> bytes);
  uint32_t value() const { return ~state_; }

 private:
  uint32_t state_;
  std::array<std::array<uint32_t, 256>, 4> tables_; // [k][b]: what byte b means with k zero bytes behind it
};

} // namespace minhttp::gzip
