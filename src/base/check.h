// SPDX-License-Identifier: MIT
#pragma once
// CHECK(condition): for bugs of ours only, never for what a peer sends or a file contains.

namespace minhttp {

// Ends the process, and prints file and line. The server has it in rt/panic.cc; tests have their own.
[[noreturn]] void panic(const char* file, int line);

} // namespace minhttp

#define CHECK(condition) ((condition) ? (void)0 : ::minhttp::panic(__FILE__, __LINE__))
