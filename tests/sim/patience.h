// SPDX-License-Identifier: MIT
#pragma once
// Is everybody let go who keeps the server waiting, when its patience is over?

#include <string>

#include "sim/client.h"

namespace minhttp::sim {

// What is wrong, or nothing. With the standard deadlines of tables/limits.h, of the epoll loop.
std::string judge_patience(const Client& client);

} // namespace minhttp::sim
