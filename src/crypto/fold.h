// SPDX-License-Identifier: MIT
#pragma once
// The step of the hashes of contents and of paths: two words of 64 bits are multiplied to 128, and the halves of the
// product are folded together, as wyhash and XXH3 do. Not cryptographic.

#include <array>
#include <cstdint>

namespace minhttp {

__extension__ using Wide = unsigned __int128;

constexpr std::array<uint64_t, 4> hash_keys = {0xa4093822299f31d1, 0x082efa98ec4e6c89, 0x452821e638d01377,
                                               0xbe5466cf34e90c6d}; // digits of pi

// Equal for (x, y) and (y, x), and 0 if one of them is 0.
constexpr uint64_t fold(uint64_t x, uint64_t y) {
  Wide product = Wide{x} * y;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

} // namespace minhttp
