// SPDX-License-Identifier: MIT
#pragma once
// Where the server listens.

#include <array>
#include <optional>
#include <span>

#include "app/config.h"
#include "sys/fd.h"

namespace minhttp::app {

using Listeners = std::array<sys::Fd, limits::listeners_max>;

// Opens what the options ask for, once for each worker; the config then has the addresses that
// the kernel chose. Nothing: go on. Else the exit status, after a message.
std::optional<int> listen_all(Config& config, std::span<Listeners> workers);

void close_all(Listeners& listeners);

} // namespace minhttp::app
