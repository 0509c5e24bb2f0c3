// SPDX-License-Identifier: MIT
#pragma once
// --user: the user that the server runs as.

#include <optional>

#include "app/config.h"
#include "sys/abi.h"

namespace minhttp::app {

// Of root's capabilities the server keeps these, until the sandbox is closed: to listen on ports below 1024, and to
// raise limits.
constexpr uint64_t server_capabilities = 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_SYS_RESOURCE;

// Switches to that user for good, before anything of the site is read, and keeps those of the capabilities that this
// process has. Nothing: continue; else the exit status, after a message.
std::optional<int> become_user(const Config& config, uint64_t kept = server_capabilities);

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
