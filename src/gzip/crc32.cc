// SPDX-License-Identifier: MIT
#include "gzip/crc32.h"

#include "base/bytes.h"

namespace minhttp::gzip {

void Crc32::begin() {
  constexpr uint32_t polynomial = 0xedb8'8320; // bit-reversed
  state_ = ~uint32_t{0};
  // The checksum is linear: the entry of a XOR of values is the XOR of their entries.
  tables_[0][0] = 0;
  uint32_t bit_value = 1;
  for (uint32_t bit = 128; bit > 0; bit /= 2) {
    bit_value = (bit_value >> 1) ^ ((bit_value & 1) * polynomial);
    for (uint32_t i = 0; i < 256; i += 2 * bit) tables_[0][i + bit] = tables_[0][i] ^ bit_value;
  }
  for (size_t k = 1; k < tables_.size(); k++) {
    for (size_t i = 0; i < 256; i++) {
      uint32_t before = tables_[k - 1][i];
      tables_[k][i] = (before >> 8) ^ tables_[0][before & 255];
    }
  }
}

void Crc32::add(std::span<const char> bytes) {
  uint32_t state = state_;
  size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4) {
    state ^= load<uint32_t>(bytes.data() + i);
    state = tables_[3][state & 255] ^ tables_[2][state >> 8 & 255] ^ tables_[1][state >> 16 & 255] ^
            tables_[0][state >> 24];
  }
  for (; i < bytes.size(); i++) state = (state >> 8) ^ tables_[0][(state ^ static_cast<uint8_t>(bytes[i])) & 255];
  state_ = state;
}

} // namespace minhttp::gzip
