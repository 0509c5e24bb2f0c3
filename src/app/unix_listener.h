// SPDX-License-Identifier: MIT
#pragma once
// Unix sockets that we listen on.

#include <optional>

#include "app/config.h"
#include "app/listeners.h"

namespace minhttp::app {

// Opens the Unix sockets of the options, with their mode and owner, in endpoints[i].inherited: before the server
// becomes another user, who may not write to their directories. A socket that a server listens on is left alone, one
// that nobody listens on any more is replaced, and any other file is left alone. Nothing: continue. Else the exit
// status, after a message.
std::optional<int> open_unix_listeners(Config& config);

} // namespace minhttp::app
