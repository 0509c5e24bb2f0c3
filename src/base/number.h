// SPDX-License-Identifier: MIT
#pragma once
// Reads numbers from text, without overflow.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace minhttp {

// 1*DIGIT. Nothing: text is empty or has another byte. UINT64_MAX: the number does not fit, so that a comparison with
// any limit is still right.
constexpr std::optional<uint64_t> parse_decimal(std::string_view text) {
  if (text.empty()) return {};
  uint64_t value = 0;
  for (char c : text) {
    if (!is_digit(c)) return {};
    auto digit = static_cast<uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  return value;
}

// 1*HEXDIG, in the same way.
constexpr std::optional<uint64_t> parse_hex(std::string_view text) {
  if (text.empty()) return {};
  uint64_t value = 0;
  for (char c : text) {
    int digit = hex_value(c);
    if (digit < 0) return {};
    value = value > (UINT64_MAX >> 4) ? UINT64_MAX : value << 4 | static_cast<uint64_t>(digit);
  }
  return value;
}

} // namespace minhttp
