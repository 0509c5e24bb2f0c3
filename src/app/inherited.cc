// SPDX-License-Identifier: MIT
#include "app/inherited.h"

#include "app/environment.h"
#include "app/message.h"
#include "sys/net.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr int first_inherited = 3; // SD_LISTEN_FDS_START

conn::ListenerKind kind_of(Text name) {
  if (equal(name, "admin")) return conn::ListenerKind::admin;
  if (equal(name, "proxy")) return conn::ListenerKind::proxied;
  if (has_tls && equal(name, "redirect")) return conn::ListenerKind::redirect;
  return conn::ListenerKind::http;
}

int refuse(int fd, Text why) {
  named_message(2) << "LISTEN_FDS: descriptor " << static_cast<uint64_t>(fd) << " " << why;
  return 1;
}

// Checks what the descriptor is: everybody can set the variables.
std::optional<int> add_inherited(Config& config, int fd, Text name) {
  auto type = sys::getsockopt(fd, SOL_SOCKET, SO_TYPE);
  if (!type.ok()) return refuse(fd, describe(type.error()));
  if (type.value() != sys::abi::sock_stream) return refuse(fd, "is no stream socket (ListenStream=)"sv);
  auto listens = sys::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN);
  if (!listens.ok() || listens.value() == 0) return refuse(fd, "does not listen (Accept=no)"sv);
  sys::abi::UnixAddress address;
  auto size = sys::getsockname(fd, address);
  if (!size.ok()) return refuse(fd, describe(size.error()));
  bool known = address.family == sys::abi::af_unix || address.family == sys::abi::af_inet ||
               address.family == sys::abi::af_inet6;
  if (!known) return refuse(fd, "is neither a TCP nor a Unix socket"sv);
  conn::ListenerKind kind = kind_of(name);
  if (has_tls && kind == conn::ListenerKind::redirect && !config.is_secure()) {
    return refuse(fd, "is called redirect, which needs --cert or --self-signed"sv);
  }
  (void)sys::close_on_exec(fd); // both work on any open descriptor
  (void)sys::set_nonblocking(fd);
  ListenAddresses& listens_of = config.listen;
  if (listens_of.count == listens_of.endpoints.size()) return refuse(fd, "is one too many, beside the options"sv);
  Endpoint& endpoint = listens_of.endpoints[listens_of.count++];
  endpoint.kind = kind;
  endpoint.inherited = fd;
  __builtin_memcpy(&endpoint.address.socket, &address, sizeof endpoint.address.socket);
  endpoint.address.family = address.family;
  return {};
}

} // namespace

namespace {

// LISTEN_FDS, if it is for that process.
Text count_for(const rt::Start& start, int process) {
  auto meant = parse_decimal(environment_variable(start, "LISTEN_PID"sv));
  if (!meant || *meant != static_cast<uint64_t>(process)) return {};
  return environment_variable(start, "LISTEN_FDS"sv);
}

} // namespace

void close_inherited(const rt::Start& start) {
  auto count = parse_decimal(count_for(start, sys::getpid()));
  if (!count || *count > limits::listeners_max) return;
  for (int i = 0; i < static_cast<int>(*count); i++) sys::Fd(first_inherited + i).close();
}

std::optional<int> take_inherited(Config& config, const rt::Start& start) {
  bool launched = config.control >= 0;
  if (launched && config.handover >= 0) return {}; // from the server before this one
  Text count_text = count_for(start, launched ? sys::getppid() : sys::getpid());
  if (count_text.empty()) return {};
  auto count = parse_decimal(count_text);
  if (!count || *count > limits::listeners_max) {
    named_message(2) << "LISTEN_FDS is '" << count_text << "': at most " << uint64_t{limits::listeners_max}
                     << " sockets";
    return 1;
  }
  Text names = environment_variable(start, "LISTEN_FDNAMES"sv);
  for (int i = 0; i < static_cast<int>(*count); i++) {
    if (auto status = add_inherited(config, first_inherited + i, take_until(names, ':'))) return status;
  }
  return {};
}

} // namespace minhttp::app
