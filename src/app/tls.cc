// SPDX-License-Identifier: MIT
#include "app/tls.h"

#include <new>

#include "app/message.h"
#include "sys/process.h"
#include "tls/memory.h"

namespace minhttp::app {
namespace {

int report_no_memory(const Config& config, Errno error) {
  Message(2) << "minhttp: cannot reserve memory for TLS: " << describe(error) << "; lower --tls-bytes, which is "
             << config.tls_bytes;
  return 1;
}

int report(std::string_view why) {
  Message(2) << "minhttp: TLS cannot start: " << why;
  return 1;
}

} // namespace

std::optional<int> Secure::start(const Config& config, uint32_t workers, Secure*& to) {
  if (!config.is_secure()) return {};
  auto started = tls::start_memory(config.tls_bytes);
  if (!started.ok()) return report_no_memory(config, started.error());
  if (!tls::Contexts::start_library()) return report("OpenSSL has no memory"sv);
  auto mapped = sys::map_memory(sizeof(Secure));
  if (!mapped.ok()) return report_no_memory(config, mapped.error());
  auto* secure = new (mapped.value()) Secure;
  if (auto status = secure->keys_.start(config, workers)) return status;
  to = secure;
  return {};
}

std::optional<int> Secure::prepare(const Config& config, Setup& setup) {
  if (auto status = keys_.wait(config)) return status;
  policy_ = KeyProcess::policy_of(config);
  if (!contexts_.prepare(policy_, keys_.bulletin())) return report(contexts_.why());
  bool asks_clients = policy_.clients != tls::ClientCertificates::none;
  size_t handshake = asks_clients ? tls::Contexts::handshake_bytes_client_auth : tls::Contexts::handshake_bytes;
  auto prepared = transport_.prepare(contexts_, setup.server().connections, config.tls_bytes, handshake);
  if (!prepared.ok()) return report_no_memory(config, prepared.error());
  return {};
}

std::optional<int> Secure::become_worker() {
  const KeyProcess::Channel& channel = keys_.channel();
  if (!contexts_.become_worker(channel.fd, *channel.owner, channel.id)) return report("OpenSSL has no memory"sv);
  return {};
}

} // namespace minhttp::app
