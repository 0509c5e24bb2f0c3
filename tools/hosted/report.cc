// SPDX-License-Identifier: MIT
#include "hosted/report.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace minhttp::hosted {

std::string printable(std::string_view text, size_t max) {
  std::string out;
  for (char c : text) {
    if (out.size() >= max) return out + "...";
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    char escaped[5];
    (void)std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
    out += escaped;
  }
  return out;
}

std::string with_errno(const std::string& what) {
  int error = errno;
  return what + ": " + std::strerror(error);
}

} // namespace minhttp::hosted
