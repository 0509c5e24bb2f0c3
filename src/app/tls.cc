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
  tls::Contexts contexts;
  tls::Transport transport;
};

int report_no_memory(const Config& config, Errno error) {
  Message(2) << "minhttp: cannot reserve memory for TLS: " << describe(error) << "; lower --tls-bytes, which is "
             << config.tls_bytes;
  return 1;
}

} // namespace

std::optional<int> prepare_tls(const Config& config, Setup& setup, tls::Transport*& transport) {
  if (!config.is_secure()) return {};
  auto started = tls::start_memory(config.tls_bytes);
  if (!started.ok()) return report_no_memory(config, started.error());
  auto mapped = sys::map_memory(sizeof(Secure));
  if (!mapped.ok()) return report_no_memory(config, mapped.error());
  auto* secure = new (mapped.value()) Secure;
  if (!secure->contexts.load(config.cert.texts[0].data(), config.key.texts[0].data())) {
    Message(2) << "minhttp: bad certificate";
    return 1;
  }
  auto prepared = secure->transport.prepare(secure->contexts, setup.server().connections, config.tls_bytes);
  if (!prepared.ok()) return report_no_memory(config, prepared.error());
  transport = &secure->transport;
  return {};
}

} // namespace minhttp::app
