// SPDX-License-Identifier: MIT
#pragma once
// SHA-512 (FIPS 180-4 section 6.4).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace minhttp {

class Sha512 {
 public:
  using Digest = std::array<uint8_t, 64>;
  static constexpr size_t block_bytes = 128;

  // Appends to the message, in pieces of any size.
  Sha512& add(std::string_view bytes);
  Sha512& add(std::span<const uint8_t> bytes);

  // The digest of what was added. The object is then ready for a new message.
  Digest finish();

  // Leaves nothing of the message in memory.
  void wipe();

 private:
  // FIPS 180-4 section 5.3.5: the first 64 bits of the fractional parts of the square roots of the first eight primes.
  std::array<uint64_t, 8> state_ = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  uint64_t size_ = 0; // bytes; the standard's 128 bits would count more than can ever be added
  std::array<uint8_t, block_bytes> block_ = {}; // the beginning of the next block
};

} // namespace minhttp
