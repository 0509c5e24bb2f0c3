// SPDX-License-Identifier: MIT
#pragma once
// The stack protector's canary: a word in front of each return address that a local array could overwrite. The compiler
// writes it there and compares it before the return. Each program that is compiled with a protector sets the canary
// once, in a function without a protector.

#include <cstdint>

#include "rt/random.h"

// The name that both compilers use on x86-64. On the other architectures a register that a C library would use for
// threads holds its address (arch/*/stack_guard.S): there, a global name would need an entry in the global offset
// table, and that entry a relocation. It is hidden for the same reason.
// NOLINTNEXTLINE(bugprone-reserved-identifier,bugprone-dynamic-static-initializers): set_stack_guard() is what sets it
extern "C" [[gnu::visibility("hidden")]] uint64_t __stack_chk_guard;
#ifndef __x86_64__
extern "C" [[gnu::visibility("hidden")]] void use_stack_guard(const uint64_t* guard);
#endif

namespace minhttp::rt {

// Inline it only into a function that never returns, or has no protector.
[[gnu::always_inline]] inline void set_stack_guard(const Start& start) {
#ifndef __x86_64__
  use_stack_guard(&__stack_chk_guard); // first: every function called from here on may have a protector
#endif
  uint64_t word = random_word(start, Purpose::stack);
  // The first byte in memory is 0: a string that overruns its array ends before the canary, and string functions cannot
  // write the canary.
  __stack_chk_guard = word & ~uint64_t{0xff};
}

} // namespace minhttp::rt
