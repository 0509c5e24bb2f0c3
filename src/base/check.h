// SPDX-License-Identifier: MIT
#pragma once
// CHECK(condition): for bugs of ours only, never for what a peer or a file says.

namespace minhttp {

// Ends the process with file and line. rt/panic.cc in the server, the test's own in tests.
[[noreturn]] void panic(const char* file, int line);

} // namespace minhttp

#define CHECK(condition) ((condition) ? (void)0 : ::minhttp::panic(__FILE__, __LINE__))
