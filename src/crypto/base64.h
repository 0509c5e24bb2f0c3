// SPDX-License-Identifier: MIT
#pragma once
// Base 64 with padding (RFC 4648 section 4), read strictly: each sequence of bytes has only one text, so there are no
// line breaks, no missing padding, and no unused bits that are set.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/cost.h"

namespace minhttp {

// The value of a digit, or -1.
constexpr int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

// The most bytes that this many digits stand for.
constexpr size_t base64_bytes(size_t digits) { return digits / 4 * 3; }

// Returns the number of bytes written to out, which has room for base64_bytes(text.size()). Nothing: text is not base
// 64.
constexpr std::optional<size_t> decode_base64(std::string_view text, std::span<char> out) {
  if (text.size() % 4 != 0) return {};
  CHECK(out.size() >= base64_bytes(text.size()));
  size_t used = 0;
  cost::add(cost::Kind::bytes, text.size());
  for (size_t at = 0; at < text.size(); at += 4) {
    bool last = at + 4 == text.size();
    size_t digits = 4;
    if (last && text[at + 3] == '=') digits = text[at + 2] == '=' ? 2 : 3;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
      int value = i < digits ? base64_value(text[at + i]) : 0;
      if (value < 0) return {};
      group = group << 6 | static_cast<uint32_t>(value);
    }
    size_t bytes = digits - 1;
    if ((group & ((1U << (24 - 8 * bytes)) - 1)) != 0) return {};
    for (size_t i = 0; i < bytes; i++) out[used++] = static_cast<char>(group >> (16 - 8 * i));
  }
  return used;
}

} // namespace minhttp
