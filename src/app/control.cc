// SPDX-License-Identifier: MIT
#include "app/control.h"

#include "app/message.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/time.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr char ready = '!';

// One listener, or the end of the list. Executables of different versions exchange it.
struct ListenerMessage {
  uint32_t version = 1;
  uint32_t workers = 0; // of the old server
  uint32_t worker = 0;  // whose listener it is; of a shared one, 0
  conn::ListenerKind kind = conn::ListenerKind::http;
  bool shared = false;
  bool managed = false; // systemd has opened it
  bool last = false;    // the end of the list: the descriptor is no listener
};

Text bytes_of(const ListenerMessage& listener) { return {reinterpret_cast<const char*>(&listener), sizeof listener}; }

bool wait_for(int fd, short event) {
  pollfd query = {.fd = fd, .events = event, .revents = 0};
  auto heard = sys::poll(&query, 1, static_cast<int>(limits::next_listener_ms));
  return heard.ok() && heard.value() > 0;
}

bool send(int to, int descriptor, const ListenerMessage& listener) {
  auto sent = sys::send_descriptor(to, descriptor, bytes_of(listener), {});
  if (sent.is(Errno::EAGAIN_) && wait_for(to, POLLOUT))
    sent = sys::send_descriptor(to, descriptor, bytes_of(listener), {});
  return sent.ok();
}

bool is_same(const Endpoint& endpoint, const sys::abi::UnixAddress& address) {
  if (endpoint.address.family == sys::abi::af_unix) {
    return address.family == sys::abi::af_unix && !endpoint.file.path.empty() &&
           equal(endpoint.file.path, Text(address.path));
  }
  if (address.family == sys::abi::af_unix) return false;
  sys::abi::SocketAddress socket = {};
  __builtin_memcpy(&socket, &address, sizeof socket);
  uint16_t port = loop::port_of(endpoint.address.socket);
  if (port != 0 && port != loop::port_of(socket)) return false;
  if (loop::ip_of(endpoint.address.socket) == loop::ip_of(socket)) return true;
  return endpoint.address.both && loop::ip_of(socket) == mapped({}); // the old one had no IPv6
}

// The endpoint that a received listener is for. Nothing: the new options do not have its address.
std::optional<uint32_t> find_endpoint(Config& config, const ListenerMessage& listener, int fd,
                                      std::span<Listeners> listeners) {
  sys::abi::UnixAddress address;
  if (!sys::getsockname(fd, address).ok()) return {};
  ListenAddresses& listen = config.listen;
  if (listener.managed) drop_standard(config, listener.kind, listeners);
  for (uint32_t i = 0; i < listen.count; i++) {
    if (listen.endpoints[i].kind == listener.kind && is_same(listen.endpoints[i], address)) return i;
  }
  if (!listener.managed || listen.count == listen.endpoints.size()) return {};
  Endpoint& added = listen.endpoints[listen.count];
  added = {.kind = listener.kind, .secure = speaks_tls(config, listener.kind)};
  added.address.family = address.family;
  __builtin_memcpy(&added.address.socket, &address, sizeof added.address.socket);
  return listen.count++;
}

int refuse(Text why) {
  named_message(2) << "cannot take over the listeners of the running server: " << why;
  return 1;
}

} // namespace

Control::Order Control::read(sys::Fd& to) {
  char byte = '\0';
  auto received = sys::receive_descriptor(fd_.number(), to, {&byte, 1}, {});
  if (!received.ok()) return Order::none;
  if (received.value() == 0) {
    fd_.close();
    return Order::end;
  }
  auto order = static_cast<Order>(byte);
  return order == Order::send_listeners && !to.open() ? Order::none : order;
}

void Control::say_ready() const {
  if (fd_.open()) (void)sys::send_at_once(fd_.number(), &ready, 1);
}

void send_order(int control, Control::Order order) {
  char byte = static_cast<char>(order);
  (void)sys::send_at_once(control, &byte, 1);
}

void order_send_listeners(int control, int to) {
  char byte = static_cast<char>(Control::Order::send_listeners);
  (void)sys::send_descriptor(control, to, {&byte, 1}, {});
}

bool read_ready(int control) {
  char byte = '\0';
  auto received = sys::read(control, &byte, 1);
  return received.ok() && received.value() == 1 && byte == ready;
}

void send_listeners(int to, const Config& config, std::span<const Listeners> workers) {
  ListenerMessage listener = {.workers = static_cast<uint32_t>(workers.size())};
  for (uint32_t i = 0; i < config.listen.count; i++) {
    const Endpoint& endpoint = config.listen.endpoints[i];
    listener.kind = endpoint.kind;
    listener.shared = endpoint.inherited >= 0;
    listener.managed = listener.shared && endpoint.file.path.empty();
    for (listener.worker = 0; listener.worker < (listener.shared ? 1 : listener.workers); listener.worker++) {
      if (!send(to, workers[listener.worker][i].number(), listener)) return;
    }
  }
  listener.last = true;
  (void)send(to, to, listener);
}

std::optional<int> receive_listeners(Config& config, std::span<Listeners> listeners, uint32_t& workers) {
  sys::Fd from(config.handover);
  while (true) {
    if (!wait_for(from.number(), POLLIN)) return refuse("they do not come"sv);
    ListenerMessage listener;
    sys::Fd socket;
    auto received =
        sys::receive_descriptor(from.number(), socket, {reinterpret_cast<char*>(&listener), sizeof listener}, {});
    bool good = received.ok() && received.value() == sizeof listener && listener.version == ListenerMessage().version &&
                listener.worker < listeners.size() && listener.workers <= listeners.size() && socket.open();
    if (!good) return refuse("it speaks another version, or no descriptor is free"sv);
    if (workers < listener.workers) workers = listener.workers;
    if (listener.last) return {};
    auto at = find_endpoint(config, listener, socket.number(), listeners);
    if (!at) continue; // closed: nobody listens there any more
    (void)sys::close_on_exec(socket.number());
    if (listener.shared) {
      config.listen.endpoints[*at].inherited = socket.release();
    } else {
      listeners[listener.worker][*at].socket = static_cast<sys::Fd&&>(socket);
    }
  }
}

} // namespace minhttp::app
