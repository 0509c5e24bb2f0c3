// SPDX-License-Identifier: MIT
#pragma once
// The lines that say where the server is to be found.

#include "app/config.h"
#include "loop/listen.h"

namespace minhttp::app {

// Finds out who reads standard error, and for a person this machine's addresses in the network. To be called
// before the sandbox is closed; listener: any socket.
void prepare_to_announce(Config& config, int listener);

// The case study's line to standard output. For a directory, the URL of each listener to standard error.
void announce(const Config& config);

// "192.0.2.1" or "[2001:db8::1]".
void write_host(Writer& out, const IpAddress& ip);

} // namespace minhttp::app
