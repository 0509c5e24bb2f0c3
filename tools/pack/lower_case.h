// SPDX-License-Identifier: MIT
#pragma once
// Names of elements and files that are compared without regard to the case of ASCII letters.

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::packer {

inline std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

} // namespace minhttp::packer
