#pragma once
// Lists with weights (RFC 9110 section 12.4.2): what Accept and Accept-Encoding are made of.

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

// The first piece of text before c, taken off it together with c.
inline std::string_view take_piece(std::string_view& text, char c) {
  size_t end = find(text, c);
  std::string_view piece = take(text, end);
  text = drop(text, end < text.size() ? end + 1 : end);
  return trim(piece);
}

// qvalue in thousandths; one that is malformed weighs nothing.
constexpr uint32_t parse_weight(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '1' || text.size() > 5) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  auto weight = static_cast<uint32_t>(text[0] - '0') * 1000;
  uint32_t unit = 100;
  for (char c : drop(text, text.size() < 2 ? 1 : 2)) {
    if (!is_digit(c)) return 0;
    weight += static_cast<uint32_t>(c - '0') * unit;
    unit /= 10;
  }
  return weight > 1000 ? 0 : weight;
}

// The weight that the parameters behind a member of the list give it.
inline uint32_t weight_of(std::string_view parameters) {
  uint32_t weight = 1000;
  while (!parameters.empty()) {
    std::string_view parameter = take_piece(parameters, ';');
    if (starts_with(parameter, "q=") || starts_with(parameter, "Q=")) weight = parse_weight(drop(parameter, 2));
  }
  return weight;
}

} // namespace minhttp::http
