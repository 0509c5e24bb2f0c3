// SPDX-License-Identifier: MIT
#pragma once
// `minhttp healthcheck [URL | unix:PATH]`: asks a running server how it is, for containers that have no curl.

#include <span>

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

bool is_healthcheck(std::span<const char* const> arguments);

// Without an argument it asks where the settings of the environment and of MINHTTP_CONFIG say that the server listens,
// at the path of --health. Healthy is 200 there; without --health, any status below 500. Prints one line why. Returns
// the exit status: 0 healthy, 1 not, 2 wrong usage.
int healthcheck(Config& config, const rt::Start& start);

} // namespace minhttp::app
