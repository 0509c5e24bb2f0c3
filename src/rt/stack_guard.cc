// SPDX-License-Identifier: MIT
// The symbols that code with a stack protector refers to (GCC manual, -fstack-protector). This file is not part of
// link-time optimization, because these references appear only after it.

#include "rt/stack_guard.h"

#include "base/check.h"

extern "C" {

[[gnu::used]] uint64_t __stack_chk_guard = 0; // NOLINT(bugprone-reserved-identifier)

// Nothing in the frame can be trusted, so nothing of it is printed.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
[[noreturn]] [[gnu::used]] void __stack_chk_fail() { minhttp::panic("the stack, which was overwritten", 0); }
}
