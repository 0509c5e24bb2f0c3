// SPDX-License-Identifier: MIT
#pragma once
// The server's listeners.

#include <array>
#include <optional>
#include <span>

#include "app/config.h"
#include "loop/listen.h"

namespace minhttp::app {

using Listeners = std::array<loop::Listener, limits::listeners_max>;

// Checks the addresses of the options, and adds the default one where none is for the site. Nothing: continue. Else the
// exit status, after a message.
std::optional<int> complete_addresses(Config& config);

// A socket of the service manager is handed over by an old server: without what complete_addresses() would not have
// added beside it. workers: the listeners that have come so far.
void drop_standard(Config& config, conn::ListenerKind kind, std::span<Listeners> workers);

// Opens all listeners of the options that are not open yet, once for each worker; the config then has the addresses
// that the kernel chose. Nothing: continue. Else the exit status, after a message.
std::optional<int> listen_all(Config& config, std::span<Listeners> workers);

void close_all(Listeners& listeners);

} // namespace minhttp::app
