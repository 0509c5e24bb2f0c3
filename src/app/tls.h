// SPDX-License-Identifier: MIT
#pragma once
// TLS of minhttps, made from the options.

#include <optional>

#include "app/config.h"
#include "app/setup.h"
#include "tls/transport.h"

namespace minhttp::app {

// Makes everything that TLS needs, but what workers make for themselves. transport: set where there are certificates.
// Nothing: continue, else the exit status, after a message.
std::optional<int> prepare_tls(const Config& config, Setup& setup, tls::Transport*& transport);

} // namespace minhttp::app
