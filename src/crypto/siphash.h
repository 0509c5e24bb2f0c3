// SPDX-License-Identifier: MIT
#pragma once
// SipHash (Aumasson and Bernstein, 2012): a fast hash of short texts for tables. Without the key nobody can make many
// names that fall into the same place.

#include <array>
#include <cstdint>
#include <string_view>

namespace minhttp {

using SipKey = std::array<uint64_t, 2>;

// 128 bits, as the authors' program has them: enough to tell texts apart by their hashes alone. once: rounds for each
// word of eight bytes; at_end: rounds after the last word. Tables use SipHash-1-3; the authors' examples are of
// SipHash-2-4.
template <int once = 1, int at_end = 3>
[[gnu::noinline]] inline std::array<uint64_t, 2> siphash(const SipKey& key, std::string_view text) {
  constexpr auto rotate = [](uint64_t x, int by) { return x << by | x >> (64 - by); };
  uint64_t v0 = key[0] ^ 0x736f6d6570736575;
  uint64_t v1 = key[1] ^ 0x646f72616e646f6d ^ 0xee;
  uint64_t v2 = key[0] ^ 0x6c7967656e657261;
  uint64_t v3 = key[1] ^ 0x7465646279746573;
  auto mix = [&](int rounds) {
    for (int i = 0; i < rounds; i++) {
      v0 += v1;
      v1 = rotate(v1, 13) ^ v0;
      v0 = rotate(v0, 32);
      v2 += v3;
      v3 = rotate(v3, 16) ^ v2;
      v0 += v3;
      v3 = rotate(v3, 21) ^ v0;
      v2 += v1;
      v1 = rotate(v1, 17) ^ v2;
      v2 = rotate(v2, 32);
    }
  };
  auto add = [&](uint64_t word) {
    v3 ^= word;
    mix(once);
    v0 ^= word;
  };
  size_t whole = text.size() & ~size_t{7};
  for (size_t i = 0; i < whole; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, text.data() + i, 8); // little-endian, as all three architectures are
    add(word);
  }
  uint64_t last = uint64_t{text.size()} << 56;
  for (size_t i = whole; i < text.size(); i++) {
    last |= uint64_t{static_cast<unsigned char>(text[i])} << 8 * (i - whole);
  }
  add(last);
  std::array<uint64_t, 2> hash = {};
  v2 ^= 0xee;
  for (uint64_t& half : hash) {
    mix(at_end);
    half = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xdd;
  }
  return hash;
}

} // namespace minhttp
