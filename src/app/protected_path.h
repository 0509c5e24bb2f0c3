// SPDX-License-Identifier: MIT
#pragma once
// The value of --auth: FILE for the whole site, or /PATH=FILE for a protected path.

#include <string_view>

#include "app/config.h"

namespace minhttp::app {

struct AuthOption {
  std::string_view prefix; // without slashes at its ends; empty: the whole site
  std::string_view file;   // ends with a NUL, as arguments do
};

// Whether name begins with --base-path, which is not a part of file names.
bool has_base(std::string_view name, std::string_view base);

AuthOption parse_auth_option(std::string_view option);

// Whether each --auth is for a path that can be requested, and for another one than those before it; if not, a message
// says what is wrong. A password that protects nothing must not go unnoticed.
bool valid_protected_paths(const Config& config);

} // namespace minhttp::app
