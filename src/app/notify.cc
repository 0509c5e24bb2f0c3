// SPDX-License-Identifier: MIT
#include "app/notify.h"

#include "app/environment.h"
#include "base/number.h"
#include "sys/file.h"
#include "sys/net.h"

namespace minhttp::app {

using Text = std::string_view;

Notifier::Notifier(const rt::Start& start) {
  Text name = environment_variable(start, "NOTIFY_SOCKET"sv);
  sys::abi::UnixAddress address;
  if (name.size() < 2 || name.size() >= sizeof address.path || (name[0] != '/' && name[0] != '@')) return;
  __builtin_memcpy(address.path, name.data(), name.size());
  size_t size = offsetof(sys::abi::UnixAddress, path) + name.size();
  if (name[0] == '@') address.path[0] = '\0'; // an abstract name, which is all bytes of the size
  auto opened = sys::unix_socket(sys::abi::sock_datagram, sys::abi::sock_nonblock);
  if (!opened.ok()) return;
  sys::Fd socket(opened.value());
  if (!sys::connect(socket.number(), address, name[0] == '@' ? size : size + 1).ok()) return;
  socket_ = static_cast<sys::Fd&&>(socket);
  auto watchdog_us = parse_decimal(environment_variable(start, "WATCHDOG_USEC"sv));
  if (watchdog_us && *watchdog_us <= INT64_MAX) watchdog_ms_ = static_cast<int64_t>(*watchdog_us / 2000);
}

void Notifier::send(Text text) const {
  if (socket_.open()) (void)sys::send_at_once(socket_.number(), text.data(), text.size());
}

void Notifier::reloading(int64_t monotonic_ns) const {
  char text[64];
  Writer out(text);
  send(out.text("RELOADING=1\nMONOTONIC_USEC=").decimal(static_cast<uint64_t>(monotonic_ns / 1000)).view());
}

} // namespace minhttp::app
