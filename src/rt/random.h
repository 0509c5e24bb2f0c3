// SPDX-License-Identifier: MIT
#pragma once
// Random words without a system call, different at every start: made from sixteen bytes that the kernel chose for this
// process (AT_RANDOM in getauxval(3)).

#include <linux/auxvec.h>

#include <array>

#include "crypto/siphash.h"
#include "rt/start.h"

namespace minhttp::rt {

// What a word is for. Clients see values that are made from some words, so no word may reveal another one: the kernel's
// bytes are the key of a hash, and only its results are used.
enum class Purpose : char { stack = 's', boundaries_low = 'b', boundaries_high = 'B' };

inline uint64_t random_word(const Start& start, Purpose purpose) {
  SipKey key = {};
  for (const uint64_t* pair = start.auxiliary; pair[0] != AT_NULL; pair += 2) {
    if (pair[0] != AT_RANDOM) continue;
    const auto* bytes = reinterpret_cast<const char*>(pair[1]); // NOLINT(performance-no-int-to-ptr): the kernel's
    __builtin_memcpy(key.data(), bytes, sizeof key);
  }
  auto text = static_cast<char>(purpose);
  return siphash(key, {&text, 1})[0];
}

inline std::array<uint64_t, 2> random_seed(const Start& start) {
  return {random_word(start, Purpose::boundaries_low), random_word(start, Purpose::boundaries_high)};
}

} // namespace minhttp::rt
