// SPDX-License-Identifier: MIT
#pragma once
// Letters of ASCII, which names of elements, schemes and file names have in either case.

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::packer {

constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

inline std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

} // namespace minhttp::packer
