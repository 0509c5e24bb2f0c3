// SPDX-License-Identifier: MIT
#pragma once
// The value of --auth: FILE for the whole site, or /PATH=FILE for a part of it.

#include <string_view>

#include "app/config.h"

namespace minhttp::app {

struct Part {
  std::string_view prefix; // without slashes at its ends; empty: all of the site
  std::string_view file;   // ends with a NUL, as arguments do
};

// Whether name begins with --base-path, which lies in no directory.
bool has_base(std::string_view name, std::string_view base);

Part part_of(std::string_view option);

// Whether each --auth stands for a part that a request can be for, and for another one than
// those before it. Says what is wrong: a guard that never meets anybody must not go unnoticed.
bool good_parts(const Config& config);

} // namespace minhttp::app
