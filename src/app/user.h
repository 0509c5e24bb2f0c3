// SPDX-License-Identifier: MIT
#pragma once
// --user: the user that the server runs as.

#include <optional>

#include "app/config.h"

namespace minhttp::app {

// Switches to that user for good, before anything of the site is read. Of root's capabilities only two are kept, until
// the sandbox is closed: to listen on ports below 1024, and to raise limits. Nothing: continue; else the exit status,
// after a message.
std::optional<int> become_user(const Config& config);

// A user as given in --user.
struct User {
  uint32_t user = 0;
  uint32_t group = 0;
};

// Parses "UID" (the group has the same number) or "UID:GID".
std::optional<User> parse_user(std::string_view text);

// The user that an option names: NAME, UID or UID:GID. Nothing: there is none, which a message has said. what: the
// option, for the message.
std::optional<User> look_up_user(std::string_view name, std::string_view what);

// Finds the line of this name in text in the format of passwd(5).
std::optional<User> find_user(std::string_view passwd, std::string_view name);

} // namespace minhttp::app
