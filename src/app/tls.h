// SPDX-License-Identifier: MIT
#pragma once
// TLS of minhttps, made from the options: the key process, certificates, and the transport of a worker.

#include <optional>

#include "app/config.h"
#include "app/key_process.h"
#include "app/setup.h"
#include "tls/contexts.h"
#include "tls/transport.h"

namespace minhttp::app {

// Too large for a stack. Each process has its own after the fork.
class Secure {
 public:
  // Starts OpenSSL and the key process, before the user changes. to: null where there are no certificates. Nothing:
  // continue, else the exit status, after a message.
  static std::optional<int> start(const Config& config, uint32_t workers, Secure*& to);

  // Reads the certificates that the key process has read, and makes what workers share. The same results.
  std::optional<int> prepare(const Config& config, Setup& setup);

  // In a worker that KeyProcess::become_worker() was called in, before the sandbox is closed. The same results.
  std::optional<int> become_worker();

  KeyProcess& keys() { return keys_; }
  tls::Transport& transport() { return transport_; }

 private:
  KeyProcess keys_;
  tls::Policy policy_;
  tls::Contexts contexts_;
  tls::Transport transport_;
};

} // namespace minhttp::app
