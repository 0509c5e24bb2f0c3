// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>

#include "base/check.h"

void minhttp::panic(const char* file, int line) {
  std::fprintf(stderr, "CHECK failed at %s:%d\n", file, line);
  std::abort();
}
