#include "app/listeners.h"

#include "app/message.h"
#include "app/setup.h"
#include "loop/listen.h"
#include "sys/net.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

void write_endpoint(Message& message, const sys::abi::SocketAddress& socket) {
  char text[ip_text_max];
  Writer out(text);
  IpAddress ip = loop::ip_of(socket);
  bool v6 = !is_mapped(ip);
  write_ip(out, ip);
  if (v6) message << "[";
  message << out.view();
  if (v6) message << "]";
  message << ":" << loop::port_of(socket);
}

int cannot_listen(const loop::Address& address, Text step, Errno error) {
  Message message(2);
  uint16_t port = loop::port_of(address.socket);
  message << "minhttp: cannot listen on ";
  if (address.both) {
    message << "port " << port;
  } else {
    write_endpoint(message, address.socket);
  }
  message << ": " << step << ": " << words(error);
  if (error == Errno::EADDRINUSE_) message << "; stop the other server, or choose another --port";
  if (error == Errno::EACCES_ && port < 1024) message << "; ports below 1024 need CAP_NET_BIND_SERVICE";
  if (error == Errno::EACCES_) message << "; choose another --port";
  if (error == Errno::EADDRNOTAVAIL_) message << "; --listen takes an address of this machine";
  return 1;
}

// Opens one listener. Where the kernel has no IPv6, "all addresses" are those of IPv4.
Result<int> listen_on(loop::Address& address, int flags, const char*& failed) {
  auto opened = loop::open_listener(address, flags, failed);
  if (!address.both || !(opened.is(Errno::EAFNOSUPPORT_) || opened.is(Errno::EADDRNOTAVAIL_))) return opened;
  address = loop::any_v4(loop::port_of(address.socket));
  return loop::open_listener(address, flags, failed);
}

bool is_any(const sys::abi::SocketAddress& socket) {
  IpAddress ip = loop::ip_of(socket);
  for (size_t i = is_mapped(ip) ? 12 : 0; i < ip.size(); i++) {
    if (ip[i] != 0) return false;
  }
  return true;
}

void announce_one(const Config& config, int listener) {
  sys::abi::SocketAddress socket = {};
  if (!sys::getsockname(listener, socket).ok()) return;
  Message message(1);
  if (!config.has_site()) {
    message << "minhttp listening on port " << loop::port_of(socket) << "...";
    return;
  }
  message << "minhttp serving " << (config.directory == nullptr ? config.hosts : Text(config.directory))
          << " at http://";
  if (is_any(socket)) {
    message << "localhost:" << loop::port_of(socket);
  } else {
    write_endpoint(message, socket);
  }
  message << config.base_path << "/";
}

} // namespace

std::optional<int> listen_all(Config& config, Listeners& listeners) {
  bool plain = is_plain(config);
  if (config.listen.count > 0 && config.port != Config().port) {
    Message(2) << "minhttp: --listen has its own port: --port and --listen exclude each other";
    return 2;
  }
  if (config.listen.count == 0) {
    config.listen.addresses[config.listen.count++] = loop::any_v6(static_cast<uint16_t>(config.port), true);
  }
  if (plain && config.listen.count > 1) {
    Message(2) << "minhttp: --loop plain has one client at a time, and one --listen";
    return 2;
  }
  for (uint32_t i = 0; i < config.listen.count; i++) {
    loop::Address& address = config.listen.addresses[i];
    const char* failed = "";
    auto listener = listen_on(address, plain ? 0 : sys::abi::sock_nonblock, failed);
    if (!listener.ok()) return cannot_listen(address, failed, listener.error());
    listeners[i] = sys::Fd(listener.value());
    // Accepted sockets inherit it: no answer waits for the acknowledgement of the one before.
    (void)sys::setsockopt(listeners[i].number(), IPPROTO_TCP, TCP_NODELAY, 1);
  }
  return {};
}

void announce(const Config& config, const Listeners& listeners) {
  for (uint32_t i = 0; i < config.listen.count; i++) announce_one(config, listeners[i].number());
}

} // namespace minhttp::app
