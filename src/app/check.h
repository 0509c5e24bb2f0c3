// SPDX-License-Identifier: MIT
#pragma once
// minhttp check DIR: what the server would say at start, and how it would respond.

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Reads sites, rules and passwords as the server does. Prints mistakes to standard output. Exit status: 0: no mistakes;
// 1: something is wrong; 2: invalid options.
int check(Config& config, const rt::Start& start);

} // namespace minhttp::app
