#pragma once
// From a Config to a serving process.

#include "app/config.h"

namespace minhttp::app {

// Sets everything up and serves until it is told to end. Returns the exit status: 0, or 1
// after a message about what the system refused.
int run(Config& config);

} // namespace minhttp::app
