// SPDX-License-Identifier: MIT
#pragma once
// Variables of the environment.

#include <string_view>

#include "base/bytes.h"
#include "rt/start.h"

namespace minhttp::app {

// The value of a variable; empty where there is none.
inline std::string_view environment_variable(const rt::Start& start, std::string_view name) {
  for (const char* const* entry = start.environment; *entry != nullptr; entry++) {
    std::string_view text(*entry);
    if (equal(take_until(text, '='), name)) return text;
  }
  return {};
}

} // namespace minhttp::app
