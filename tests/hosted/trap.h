// SPDX-License-Identifier: MIT
#pragma once
// Replaces src/arch/<architecture>/trap.h where src/ is compiled as a library for tests. The library is compiled once;
// who answers the calls is decided when a program is linked: the real kernel (kernel.cc), or the one of tests/sim.

namespace minhttp::hosted {
long enter(long number, long a, long b, long c, long d, long e, long f);
}

namespace minhttp::arch {
inline long trap(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return hosted::enter(number, a, b, c, d, e, f);
}
} // namespace minhttp::arch
