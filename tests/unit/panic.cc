// SPDX-License-Identifier: MIT
#include "unit/panic.h"

#include <string>

#include "base/check.h"

void minhttp::panic(const char* file, int line) {
  throw test::Panic("CHECK failed at " + std::string(file) + ":" + std::to_string(line));
}
