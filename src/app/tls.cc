// SPDX-License-Identifier: MIT
#include "app/tls.h"

#include <new>

#include "app/message.h"
#include "sys/process.h"
#include "tls/contexts.h"
#include "tls/memory.h"

namespace minhttp::app {
namespace {

// Too large for a stack.
struct Secure {
  KeyProcess keys;
  tls::Policy policy;
  tls::Contexts contexts;
  tls::Transport transport;
};

constinit Secure* secure = nullptr; // where there are certificates

int report_no_memory(const Config& config, Errno error) {
  named_message(2) << "cannot reserve memory for TLS: " << describe(error) << "; lower --tls-bytes, which is "
                   << config.tls_bytes;
  return 1;
}

} // namespace

std::optional<int> start_tls(const Config& config, uint32_t workers, KeyProcess*& keys) {
  if (!config.is_secure()) return {};
  auto started = tls::start_memory(config.tls_bytes);
  if (!started.ok()) return report_no_memory(config, started.error());
  auto mapped = sys::map_memory(sizeof(Secure));
  if (!mapped.ok()) return report_no_memory(config, mapped.error());
  if (!tls::Contexts::start_library()) return report_no_memory(config, Errno::ENOMEM_);
  secure = new (mapped.value()) Secure;
  secure->policy = KeyProcess::policy_of(config);
  keys = &secure->keys;
  return keys->start(config, workers);
}

std::optional<int> prepare_tls(const Config& config, Setup& setup, tls::Transport*& transport) {
  if (secure == nullptr) return {};
  if (auto status = secure->keys.wait(config)) return status;
  if (!secure->contexts.prepare(secure->policy, secure->keys.bulletin())) {
    named_message(2) << "TLS: " << secure->contexts.why();
    return 1;
  }
  bool asks_clients = secure->policy.clients != tls::ClientCertificates::none;
  size_t handshake = asks_clients ? tls::Contexts::handshake_bytes_client_auth : tls::Contexts::handshake_bytes;
  conn::Server& server = setup.server();
  if (asks_clients) {
    auto mapped = sys::map_memory(server.connections.size() * sizeof(conn::ClientSubject));
    if (!mapped.ok()) return report_no_memory(config, mapped.error());
    server.subjects = {reinterpret_cast<conn::ClientSubject*>(mapped.value()), server.connections.size()};
  }
  auto prepared =
      secure->transport.prepare(secure->contexts, server.connections, config.tls_bytes, handshake, server.subjects);
  if (!prepared.ok()) return report_no_memory(config, prepared.error());
  transport = &secure->transport;
  return {};
}

std::optional<int> prepare_secure_worker() {
  if (secure == nullptr) return {};
  const KeyProcess::Channel& channel = secure->keys.channel();
  if (secure->contexts.become_worker(channel.fd, *channel.owner, channel.id)) return {};
  named_message(2) << "a worker has no memory for TLS; raise --tls-bytes";
  return 1;
}

} // namespace minhttp::app
