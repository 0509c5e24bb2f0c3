// SPDX-License-Identifier: MIT
#pragma once
// TLS of minhttps, made from the options.

#include <optional>

#include "app/config.h"
#include "app/key_process.h"
#include "app/setup.h"
#include "tls/transport.h"

namespace minhttp::app {

// Starts OpenSSL, in its own memory, and the key process, which still has root's rights to read files. keys: set where
// there are certificates. Nothing: continue, else the exit status, after a message.
std::optional<int> start_tls(const Config& config, uint32_t workers, KeyProcess*& keys);

// Makes everything that TLS needs, but what workers make for themselves. transport: set where there are certificates.
// The same results.
std::optional<int> prepare_tls(const Config& config, Setup& setup, tls::Transport*& transport);

// In a worker, before the sandbox is closed. The same results.
std::optional<int> prepare_secure_worker();

} // namespace minhttp::app
