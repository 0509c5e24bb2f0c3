// SPDX-License-Identifier: MIT
#pragma once
// What must hold for every input. A fuzz target has no test framework: it dies with a line.

#include <cstdio>
#include <cstdlib>

namespace minhttp::fuzz {

inline void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

} // namespace minhttp::fuzz
