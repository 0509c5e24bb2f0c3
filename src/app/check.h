// SPDX-License-Identifier: MIT
#pragma once
// minhttp check DIR: what the server would say at start, and what it would answer.

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Reads sites, rules and passwords as the server does. Mistakes go to standard output. The exit
// status: 0 where all is well, 1 where something is wrong, 2 for wrong options.
int check(Config& config, const rt::Start& start);

} // namespace minhttp::app
