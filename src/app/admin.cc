// SPDX-License-Identifier: MIT
#include "app/admin.h"

#include "app/message.h"
#include "app/settings.h"
#include "base/ip.h"
#include "sys/process.h"

namespace minhttp::app {

bool check_admin(const Config& config, bool all_known) {
  if (!config.has_admin()) {
    if (!config.admin_public || !all_known) return true;
    named_message(2) << setting(config, "--admin-public"sv) << " is about the address of --admin, which is not given";
    return false;
  }
  if (is_plain(config)) {
    named_message(2) << setting(config, "--admin"sv) << " needs --loop epoll: plain serves one client at a time";
    return false;
  }
  for (const Endpoint& endpoint : config.listen.list()) {
    bool open = endpoint.kind == conn::ListenerKind::admin && endpoint.address.family != sys::abi::af_unix &&
                !is_loopback(loop::ip_of(endpoint.address.socket));
    if (!open || config.admin_public) continue;
    Message message = named_message(2);
    message << "other machines reach ";
    if (endpoint.inherited < 0) {
      message << endpoint.text << " of " << setting(config, "--admin"sv);
    } else {
      message << "the socket that the service manager calls admin";
    }
    message << ": use localhost:" << loop::port_of(endpoint.address.socket)
            << ", or add --admin-public if everybody there may read the metrics";
    return false;
  }
  return true;
}

std::optional<int> prepare_admin(const Config& config, uint32_t workers, std::span<serve::AdminPage> pages,
                                 serve::Admin& admin) {
  if (!config.has_admin()) return {};
  auto mapped = sys::map_shared_memory(metrics::Shared::bytes_for(workers));
  if (!mapped.ok()) {
    named_message(2) << "cannot reserve the memory for --admin: " << describe(mapped.error());
    return 1;
  }
  admin = {.shared = reinterpret_cast<metrics::Shared*>(mapped.value()),
           .facts = {.workers = workers, .connections_max = config.connections, .workspaces_max = config.workspaces},
           .pages = pages,
           .any_host = config.admin_public};
  return {};
}

} // namespace minhttp::app
