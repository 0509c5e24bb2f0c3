// SPDX-License-Identifier: MIT
#pragma once
// In the place of src/arch/<architecture>/trap.h: the same door to the real kernel, but AddressSanitizer
// looks at the memory that the kernel is about to read or write, which it cannot see itself.

namespace minhttp::hosted {
long enter(long number, long a, long b, long c, long d, long e, long f);
}

namespace minhttp::arch {
inline long trap(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return hosted::enter(number, a, b, c, d, e, f);
}
} // namespace minhttp::arch
