// SPDX-License-Identifier: MIT
// What code with a stack protector refers to without being asked (GCC manual, -fstack-protector).
// No part of link-time optimization: these references appear behind it.

#include "rt/stack_guard.h"

#include "base/check.h"

extern "C" {

[[gnu::used]] uint64_t __stack_chk_guard = 0; // NOLINT(bugprone-reserved-identifier)

// Nothing of the frame is to be trusted, so nothing of it is said.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
[[noreturn]] [[gnu::used]] void __stack_chk_fail() { minhttp::panic("the stack, which was overwritten", 0); }
}
