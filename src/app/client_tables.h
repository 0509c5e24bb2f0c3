// SPDX-License-Identifier: MIT
#pragma once
// --client-rate and --client-connections: the memory that all workers share for them.

#include <optional>

#include "app/config.h"
#include "conn/client_limits.h"

namespace minhttp::app {

// Maps the tables, if there is a limit; otherwise nothing is mapped, and made stays empty. Nothing: continue; else the
// exit status, after a message.
std::optional<int> make_client_limits(const Config& config, uint32_t workers, std::optional<conn::ClientLimits>& made);

} // namespace minhttp::app
