// SPDX-License-Identifier: MIT
#pragma once
// All randomness of a simulation comes from one seed, so that runs can be repeated.

#include <cstdint>

namespace minhttp::sim {

class Random { // SplitMix64
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
    return z ^ z >> 31;
  }
  uint64_t below(uint64_t end) { return next() % end; }
  uint64_t between(uint64_t least, uint64_t most) { return least + below(most - least + 1); }
  bool chance(unsigned per_mille) { return per_mille > 0 && below(1000) < per_mille; }

 private:
  uint64_t state_;
};

} // namespace minhttp::sim
