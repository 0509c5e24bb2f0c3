// SPDX-License-Identifier: MIT
#pragma once
// Listening sockets that systemd opens for us (sd_listen_fds(3)).

#include <optional>

#include "app/config.h"
#include "rt/start.h"

namespace minhttp::app {

// Adds the sockets of LISTEN_FDS to the config, if they are for this process (LISTEN_PID), or for its
// launcher. Their names (LISTEN_FDNAMES,
// FileDescriptorName= of the socket unit) say what they are for: "admin" as --admin, "proxy" as --proxy-protocol, in
// minhttps "redirect" as --listen-http, any other as --listen. Nothing: continue. Else the exit status, after a
// message.
std::optional<int> take_inherited(Config& config, const rt::Start& start);

// In the launcher (launcher.h), whose child has them: closes them.
void close_inherited(const rt::Start& start);

} // namespace minhttp::app
