// SPDX-License-Identifier: MIT
#pragma once
// Replaces src/arch/<architecture>/trap.h: the same function, with a simulated kernel behind it.

namespace minhttp::sim {
long enter(long number, long a, long b, long c, long d, long e, long f);
}

namespace minhttp::arch {
inline long trap(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return sim::enter(number, a, b, c, d, e, f);
}
} // namespace minhttp::arch
