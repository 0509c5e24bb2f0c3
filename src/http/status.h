// SPDX-License-Identifier: MIT
#pragma once
// Status codes and their reasons, from tables/status.def.

#include <cstdint>
#include <string_view>

namespace minhttp::http {

enum class Status : uint16_t {
#define STATUS(code, name, reason) name = code,
#include "tables/status.def"
#undef STATUS
};

// The status line after "HTTP/1.1 ": "404 Not Found".
constexpr std::string_view status_text(Status status) {
  switch (status) {
#define STATUS(code, name, reason) \
  case Status::name:               \
    return #code " " reason;
#include "tables/status.def"
#undef STATUS
  }
  return "500 Internal Server Error";
}

} // namespace minhttp::http
