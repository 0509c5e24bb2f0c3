// SPDX-License-Identifier: MIT
#pragma once
// Lists with weights (RFC 9110 section 12.4.2), as in Accept and Accept-Encoding.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

// A qvalue in thousandths; nothing: it is malformed.
constexpr std::optional<uint32_t> parse_weight(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '1' || text.size() > 5) return {};
  if (text.size() > 1 && text[1] != '.') return {};
  auto weight = static_cast<uint32_t>(text[0] - '0') * 1000;
  uint32_t unit = 100;
  for (char c : drop(text, text.size() < 2 ? 1 : 2)) {
    if (!is_digit(c)) return {};
    weight += static_cast<uint32_t>(c - '0') * unit;
    unit /= 10;
  }
  if (weight > 1000) return {};
  return weight;
}

constexpr bool is_weight(std::string_view parameter) {
  return starts_with(parameter, "q=") || starts_with(parameter, "Q=");
}

} // namespace minhttp::http
