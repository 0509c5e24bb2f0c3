// SPDX-License-Identifier: MIT
#include "h2/priority.h"

#include "base/bytes.h"

namespace minhttp::h2 {

Priority parse_priority(std::string_view text) {
  Priority priority;
  if (!trim(text).empty()) priority.incremental = false; // the default of a client that says something
  while (!text.empty()) {
    std::string_view value = trim(take_until(text, ','));
    value = trim(take_until(value, ';')); // without parameters
    std::string_view key = take_until(value, '=');
    if (equal(key, "i")) priority.incremental = value.empty() || equal(value, "?1");
    if (equal(key, "u") && value.size() == 1 && value[0] >= '0' && value[0] <= '7') {
      priority.urgency = static_cast<uint8_t>(value[0] - '0');
    }
  }
  return priority;
}

} // namespace minhttp::h2
