// SPDX-License-Identifier: MIT
#pragma once
// Judges whether the server gives up every client that keeps it waiting, when the timeout has passed.

#include <string>

#include "sim/client.h"

namespace minhttp::sim {

// What is wrong; empty: nothing. For the default timeouts of tables/limits.h, with the epoll loop.
std::string judge_patience(const Client& client);

} // namespace minhttp::sim
