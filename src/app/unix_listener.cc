// SPDX-License-Identifier: MIT
#include "app/unix_listener.h"

#include "app/message.h"
#include "app/user.h"
#include "sys/file.h"
#include "sys/net.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int fail(const UnixSocket& file, Text step, Errno error) {
  named_message(2) << "cannot listen on unix:" << file.path << ": " << step << ": " << describe(error);
  return 1;
}

// Whether a server listens on it. One whose backlog is full returns EAGAIN.
bool is_alive(const sys::abi::UnixAddress& address) {
  auto probe = sys::unix_socket(sys::abi::sock_stream, sys::abi::sock_nonblock);
  if (!probe.ok()) return true;
  sys::Fd socket(probe.value());
  return !sys::connect(socket.number(), address, sizeof address).is(Errno::ECONNREFUSED_);
}

// Removes the socket of a server that has ended. Nothing: the name is free.
std::optional<int> remove_stale(const UnixSocket& file, const sys::abi::UnixAddress& address) {
  struct statx facts = {};
  if (!sys::stat_entry(AT_FDCWD, address.path, facts).ok()) return {}; // bind() says what is wrong, if anything is
  if ((facts.stx_mode & sys::abi::type_mask) != sys::abi::type_socket) {
    named_message(2) << "cannot listen on unix:" << file.path << ": the path exists and is no socket";
    return 1;
  }
  if (is_alive(address)) {
    named_message(2) << "cannot listen on unix:" << file.path << ": a server listens there already";
    return 1;
  }
  auto removed = sys::unlink(address.path);
  if (!removed.ok()) return fail(file, "replace the socket of a server that has ended"sv, removed.error());
  return {};
}

// Nobody can connect before listen(), so nobody meets other permissions.
std::optional<int> open(Endpoint& endpoint) {
  const UnixSocket& file = endpoint.file;
  sys::abi::UnixAddress address;
  __builtin_memcpy(address.path, file.path.data(), file.path.size());
  std::optional<User> owner;
  if (!file.owner.empty()) {
    owner = look_up_user(file.owner, "owner="sv);
    if (!owner) return 2;
  }
  if (auto status = remove_stale(file, address)) return status;
  auto opened = sys::unix_socket(sys::abi::sock_stream, sys::abi::sock_nonblock);
  if (!opened.ok()) return fail(file, "socket"sv, opened.error());
  sys::Fd socket(opened.value());
  auto done = sys::bind(socket.number(), address);
  if (!done.ok()) return fail(file, "bind"sv, done.error());
  done = sys::chmod(address.path, file.mode);
  if (!done.ok()) return fail(file, "mode"sv, done.error());
  if (owner) done = sys::chown(address.path, owner->user, owner->group);
  if (!done.ok()) return fail(file, "owner"sv, done.error());
  done = sys::listen(socket.number(), limits::backlog);
  if (!done.ok()) return fail(file, "listen"sv, done.error());
  endpoint.inherited = socket.release();
  return {};
}

} // namespace

std::optional<int> open_unix_listeners(Config& config) {
  for (Endpoint& endpoint : std::span(config.listen.endpoints).first(config.listen.count)) {
    if (endpoint.file.path.empty() || endpoint.inherited >= 0) continue;
    if (auto status = open(endpoint)) return status;
  }
  return {};
}

} // namespace minhttp::app
