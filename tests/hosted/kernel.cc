// SPDX-License-Identifier: MIT
// The real kernel behind tests/hosted/trap.h. The linker takes this file from the library only where a program has no
// other hosted::enter.

// A name of its own: the library has another inline function with the name and the arguments of arch::trap.
#define trap trap_into_kernel
#include MINHTTP_TRAP // src/arch/<architecture>/trap.h
#undef trap

namespace minhttp::hosted {

long enter(long number, long a, long b, long c, long d, long e, long f);

long enter(long number, long a, long b, long c, long d, long e, long f) {
  return arch::trap_into_kernel(number, a, b, c, d, e, f);
}

} // namespace minhttp::hosted
