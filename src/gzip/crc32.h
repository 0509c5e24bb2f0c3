// SPDX-License-Identifier: MIT
#pragma once
// The checksum of gzip: RFC 1952 section 8.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace minhttp::gzip {

// Handles four bytes at a time with four tables of 1 KiB. begin() computes them, in about 4,000 instructions; as
// constants they would enlarge the program.
class Crc32 {
 public:
  void begin();
  void add(std::span<const char> bytes);
  uint32_t value() const { return ~state_; }

 private:
  uint32_t state_;
  std::array<std::array<uint32_t, 256>, 4> tables_; // [k][b]: the contribution of byte b with k bytes behind it
};

} // namespace minhttp::gzip
