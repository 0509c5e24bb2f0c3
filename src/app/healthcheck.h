// SPDX-License-Identifier: MIT
#pragma once
// minhttp healthcheck [URL|unix:PATH]: asks a running server how it is, for containers without a shell.

#include <string_view>

#include "loop/listen.h"
#include "rt/start.h"

namespace minhttp::app {

// Whom to ask, and for what.
struct HealthTarget {
  loop::Address address = {};
  std::string_view unix_path = {}; // not empty: a socket there, instead of address
  std::string_view path = {};      // empty: no health check is known
};

// Reads http://HOST:PORT/PATH, where HOST is an IP address or localhost, or unix:PATH. Empty: it is right; else what is
// wrong.
std::string_view read_target(std::string_view text, HealthTarget& target);

// Without an argument: what the server in this container would be told by its environment.
HealthTarget target_of_environment(const char* const* environment);

// Exit status: 0: healthy, 1: not, after a line that says why; 2: wrong usage.
int healthcheck(const rt::Start& start);

} // namespace minhttp::app
