#pragma once
// Sixteen bytes that the kernel chose for this process (AT_RANDOM in getauxval(3)): a seed
// without a system call, different with every start.

#include <linux/auxvec.h>

#include <array>

#include "rt/start.h"

namespace minhttp::rt {

inline std::array<uint64_t, 2> random_seed(const Start& start) {
  std::array<uint64_t, 2> seed = {};
  for (const uint64_t* pair = start.auxiliary; pair[0] != AT_NULL; pair += 2) {
    if (pair[0] != AT_RANDOM) continue;
    const auto* bytes = reinterpret_cast<const char*>(pair[1]); // NOLINT(performance-no-int-to-ptr): the kernel's
    __builtin_memcpy(seed.data(), bytes, sizeof seed);
  }
  return seed;
}

} // namespace minhttp::rt
