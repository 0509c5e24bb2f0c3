// SPDX-License-Identifier: MIT
#pragma once
// A hash of 128 bits of a file's content, the same on every machine. It is not cryptographic: it tells versions apart
// that nobody has made to collide (docs/decisions/26). Each step multiplies two words of 64 bits to 128 bits and folds
// the halves together, as wyhash and XXH3 do. There are two such lanes, and each one also takes in the other's words,
// so a difference anywhere reaches all of the result.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/cost.h"

namespace minhttp {

struct Digest {
  uint64_t high = 0;
  uint64_t low = 0;

  bool operator==(const Digest&) const = default;
};

class ContentHash {
 public:
  // Adds the next bytes, in pieces of any size.
  void add(std::string_view bytes);

  // The digest of all that was added.
  Digest digest() const;

 private:
  static constexpr size_t block_bytes = 32;

  void mix(const char* block);

  uint64_t a_ = 0x243f6a8885a308d3; // digits of pi, as all constants here
  uint64_t b_ = 0x13198a2e03707344;
  uint64_t length_ = 0;
  char rest_[block_bytes] = {}; // the last length_ % block_bytes bytes, and zeros or older bytes behind them
};

Digest digest_of(std::string_view bytes);

} // namespace minhttp
