// SPDX-License-Identifier: MIT
#pragma once
// Turns a Config into a serving process.

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Which servers have a supervisor. standard: those that serve a site with epoll, and those with several workers.
// several: only the latter, for the simulator, which has one process.
enum class Supervision : uint8_t { standard, several };

// Sets everything up and serves until it is told to end. Returns the exit status: 0, or another one after a message
// about what the system refused, or which options are wrong.
int run(Config& config, const rt::Start& start, Supervision supervision = Supervision::standard);

} // namespace minhttp::app
