// SPDX-License-Identifier: MIT
#pragma once
// From a Config to a serving process.

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Who has a supervisor: whoever serves a site with epoll, or has several workers. several: only the
// latter, for the simulator, which has one process.
enum class Supervision : uint8_t { standard, several };

// Sets everything up and serves until it is told to end. Returns the exit status: 0, or 1
// after a message about what the system refused.
int run(Config& config, const rt::Start& start, Supervision supervision = Supervision::standard);

} // namespace minhttp::app
