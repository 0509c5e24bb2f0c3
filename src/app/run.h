#pragma once
// From a Config to a serving process.

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Sets everything up and serves until it is told to end. Returns the exit status: 0, or 1
// after a message about what the system refused.
int run(Config& config, const rt::Start& start);

} // namespace minhttp::app
