// SPDX-License-Identifier: MIT
#pragma once
// --upgrade: the launcher, a process that starts the server, and at SIGUSR2 a new one from the same path. It is forked
// from before anything is read or limited, so that the new server has the rights of the first one, and it never sees a
// byte of a client. It stays the process that its starter knows: process 1 of a container, the main process of systemd.

#include <optional>

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Forks the server from the launcher. Returns in the server, with config.control set; in the launcher when all servers
// have ended, with the exit status. A server that the launcher has executed finds config.control and config.handover in
// MINHTTP_LAUNCHER, and just returns. Without --upgrade there is no launcher.
std::optional<int> launch(Config& config, const rt::Start& start);

} // namespace minhttp::app
