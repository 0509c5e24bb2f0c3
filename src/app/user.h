// SPDX-License-Identifier: MIT
#pragma once
// --user: who the server is.

#include <optional>

#include "app/config.h"

namespace minhttp::app {

// Becomes that user for good, before anything is read that belongs to the site. Of root's
// rights only that to listen on ports below 1024 is kept, until the sandbox is closed, and
// that to raise limits. Nothing: go on; else the exit status, after a message.
std::optional<int> become_user(const Config& config);

// A user as --user names it.
struct User {
  uint32_t user = 0;
  uint32_t group = 0;
};

// "UID" (its group has the same number) or "UID:GID".
std::optional<User> parse_user(std::string_view text);

// The line of this name in the text of a file as passwd(5) describes it.
std::optional<User> find_user(std::string_view passwd, std::string_view name);

} // namespace minhttp::app
