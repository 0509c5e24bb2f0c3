// SPDX-License-Identifier: MIT
#pragma once
// Announces where the server can be reached.

#include "app/config.h"
#include "loop/listen.h"

namespace minhttp::app {

// What is served, for messages: the directory, or the packed site.
std::string_view site_name(const Config& config);

// Finds out whether standard error is a terminal, and if so, the addresses of this machine in its network. To be called
// before the sandbox is closed. listener: any socket.
void prepare_to_announce(Config& config, int listener);

// Adds the IPv4 addresses of interfaces that are up, have a carrier, and are not loopback (netdevice(7)). socket: any.
void find_lan(Lan& lan, int socket);

// Prints the case study's line to standard output; for a directory, the URL of each listener to standard error.
void announce(const Config& config);

// Writes "192.0.2.1" or "[2001:db8::1]".
void write_host(Writer& out, const IpAddress& ip);

} // namespace minhttp::app
