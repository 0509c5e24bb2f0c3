// SPDX-License-Identifier: MIT
#pragma once
// Base 64, the other way round than the server needs it.

#include <string>
#include <string_view>

namespace minhttp::test {

inline std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; i++) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    }
    for (size_t i = 0; i < 4; i++) text.push_back(i <= bytes.size() - at ? digits[group >> (18 - 6 * i) & 63] : '=');
  }
  return text;
}

} // namespace minhttp::test
