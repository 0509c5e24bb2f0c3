// SPDX-License-Identifier: MIT
#include "app/listeners.h"

#include "app/announce.h"
#include "app/message.h"
#include "app/options.h"
#include "app/setup.h"
#include "loop/listen.h"
#include "sys/net.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int cannot_listen(const Endpoint& endpoint, Text step, Errno error) {
  const loop::Address& address = endpoint.address;
  Message message = named_message(2);
  uint16_t port = loop::port_of(address.socket);
  message << "cannot listen on ";
  if (address.both) {
    message << "port " << port;
  } else {
    char text[ip_text_max + 2];
    Writer host(text);
    write_host(host, loop::ip_of(address.socket));
    message << host.view() << ":" << port;
  }
  message << ": " << step << ": " << describe(error);
  bool redirects = has_tls && endpoint.kind == conn::ListenerKind::redirect;
  if (error == Errno::EADDRINUSE_) {
    message << "; stop the other server, or choose another ";
    message << (redirects ? "--listen-http ADDR, or --listen-http off"sv : "--port"sv);
  }
  if (has_tls && error == Errno::EACCES_ && port < 1024) {
    message << "; allow it by: sudo setcap cap_net_bind_service=+ep \"$(command -v minhttps)\"";
    message << "; or take others: --listen :8443 --listen-http :8080";
    return 1;
  }
  if (error == Errno::EACCES_ && port < 1024) message << "; ports below 1024 need CAP_NET_BIND_SERVICE";
  if (error == Errno::EACCES_) message << "; choose another --port";
  if (error == Errno::EADDRNOTAVAIL_) message << "; --listen takes an address of this machine";
  return 1;
}

// Opens one listener. If the kernel has no IPv6, "all addresses" means those of IPv4.
Result<int> listen_on(loop::Address& address, int flags, const char*& failed) {
  auto opened = loop::open_listener(address, flags, failed);
  if (!address.both || !(opened.is(Errno::EAFNOSUPPORT_) || opened.is(Errno::EADDRNOTAVAIL_))) return opened;
  address = loop::any_v4(loop::port_of(address.socket));
  return loop::open_listener(address, flags, failed);
}

Result<> open_for(loop::Address& address, int flags, loop::Listener& listener, const char*& failed) {
  listener.socket = sys::Fd(TRY(listen_on(address, flags, failed)));
  // Accepted sockets inherit it: no response waits for the acknowledgement of the one before.
  (void)sys::setsockopt(listener.number(), IPPROTO_TCP, TCP_NODELAY, 1);
  // Accepts a client only when its first bytes have arrived: that saves a wake-up and a failed read. A client that
  // sends nothing for a second is accepted nevertheless (tcp(7)), and its timeout begins as usual.
  (void)sys::setsockopt(listener.number(), IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
  return {};
}

// Opens a socket for each worker, all at one address; the kernel distributes the clients among them. The first socket
// is opened without SO_REUSEPORT, so that an address in use is an error, even if another server of this user shares it.
// Only then it gets that option, so that the others can join.
Result<> open_address(loop::Address& address, int flags, std::span<Listeners> workers, size_t at, const char*& failed) {
  bool taken_over = workers[0][at].open(); // from the server that this one replaces
  if (!taken_over) TRY(open_for(address, flags, workers[0][at], failed));
  if (workers.size() == 1) return {};
  failed = "share it";
  TRY(sys::setsockopt(workers[0][at].number(), SOL_SOCKET, SO_REUSEPORT, 1));
  sys::abi::SocketAddress chosen = {};
  TRY(sys::getsockname(workers[0][at].number(), chosen));
  bool any_port = loop::port_of(address.socket) == 0;
  loop::Address same = address;
  same.shared = true;
  // sin_port and sin6_port are at the same offset.
  same.socket.v4.sin_port = loop::network_order(loop::port_of(chosen));
  for (Listeners& worker : workers.subspan(1)) {
    if (!worker[at].open()) TRY(open_for(same, flags, worker[at], failed));
  }
  // If the kernel chose the port, the first socket would get another port when it listens again (ip(7)), so it is
  // opened anew.
  loop::Listener first;
  if (any_port && !taken_over) {
    TRY(open_for(same, flags, first, failed));
    workers[0][at].socket = static_cast<sys::Fd&&>(first.socket);
  }
  return {};
}

// All workers accept from the one socket that we have.
Result<> share(const Endpoint& endpoint, std::span<Listeners> workers, size_t at) {
  workers[0][at].socket = sys::Fd(endpoint.inherited);
  workers[0][at].shared = true;
  for (Listeners& worker : workers.subspan(1)) {
    worker[at].socket = sys::Fd(TRY(sys::duplicate(endpoint.inherited)));
    worker[at].shared = true;
  }
  return {};
}

constexpr uint16_t https_port = 443;
constexpr uint16_t http_port = 80;

bool is_given(const Config& config, Text option) { return setting(config, option).origin.level != Level::standard; }

// Whether one of our own addresses has the port of https: then clients of http expect us on theirs.
bool has_https(const Config& config) {
  for (const Endpoint& endpoint : config.listen.list()) {
    bool own = speaks_tls(config, endpoint.kind) && endpoint.inherited < 0;
    if (own && loop::port_of(endpoint.address.socket) == https_port) return true;
  }
  return false;
}

// Where certificates are, all addresses of the site are TLS; and where one has the port of https, that of http
// redirects to it. False: there are limits::listeners_max already.
bool complete_secure(Config& config) {
  for (Endpoint& endpoint : std::span(config.listen.endpoints).first(config.listen.count)) {
    endpoint.secure = speaks_tls(config, endpoint.kind);
  }
  bool redirects = config.listen.count_of(conn::ListenerKind::redirect) > 0;
#ifdef MINHTTP_TLS
  redirects |= config.no_redirect;
#endif
  if (!has_https(config) || redirects) return true;
  Endpoint standard = {.address = loop::any_v6(http_port, true), .kind = conn::ListenerKind::redirect};
  return config.listen.add(standard);
}

// Without the addresses of this kind that complete_addresses() has added. These are the last ones, but for those of the
// service manager, whose listeners are not in the list of each worker.
void drop_own(Config& config, conn::ListenerKind kind, std::span<Listeners> workers) {
  ListenAddresses& listen = config.listen;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < listen.count; i++) {
    const Endpoint& endpoint = listen.endpoints[i];
    bool standard = endpoint.text.empty() && endpoint.inherited < 0;
    if (standard && endpoint.kind == kind) {
      for (Listeners& worker : workers) worker[i].socket.close();
    } else {
      listen.endpoints[kept++] = endpoint;
    }
  }
  listen.count = kept;
}

} // namespace

std::optional<int> complete_addresses(Config& config) {
  if (has_tls && config.is_secure() && !is_given(config, "--port"sv)) config.port = https_port;
  Endpoint standard = {.address = loop::any_v6(static_cast<uint16_t>(config.port), true)};
  bool full = !config.listen.has_site_address() && !config.listen.add(standard);
  if (has_tls && config.is_secure()) full |= !complete_secure(config);
  if (full) {
    named_message(2) << "at most " << uint64_t{limits::listeners_max} << " addresses to listen on, of all kinds";
    return 2;
  }
  if (is_plain(config) && config.listen.count > 1) {
    named_message(2) << "--loop plain has one client at a time, and one --listen";
    return 2;
  }
  return {};
}

void drop_standard(Config& config, conn::ListenerKind kind, std::span<Listeners> workers) {
  if (kind == conn::ListenerKind::admin) return;
  bool redirects = has_tls && kind == conn::ListenerKind::redirect;
  if (!redirects) drop_own(config, conn::ListenerKind::http, workers);
  if constexpr (has_tls) {
    if (redirects || !has_https(config)) drop_own(config, conn::ListenerKind::redirect, workers);
  }
}

std::optional<int> listen_all(Config& config, std::span<Listeners> workers) {
  bool plain = is_plain(config);
  for (uint32_t i = 0; i < config.listen.count; i++) {
    Endpoint& endpoint = config.listen.endpoints[i];
    loop::Address& address = endpoint.address;
    const char* failed = "";
    auto opened = endpoint.inherited >= 0
                      ? share(endpoint, workers, i)
                      : open_address(address, plain ? 0 : sys::abi::sock_nonblock, workers, i, failed);
    failed = opened.ok() ? "ask for its address" : failed;
    if (opened.ok()) opened = sys::getsockname(workers[0][i].number(), address.socket);
    if (!opened.ok()) return cannot_listen(endpoint, failed, opened.error());
    for (Listeners& worker : workers) {
      worker[i].kind = endpoint.kind;
      worker[i].secure = endpoint.secure;
    }
  }
#ifdef MINHTTP_TLS
  for (const Endpoint& endpoint : config.listen.list()) {
    bool https = endpoint.secure && endpoint.address.family != sys::abi::af_unix;
    if (https && config.https_port == 0) config.https_port = loop::port_of(endpoint.address.socket);
  }
#endif
  prepare_to_announce(config, workers[0][0].number());
  return {};
}

void close_all(Listeners& listeners) {
  for (loop::Listener& listener : listeners) listener.socket.close();
}

} // namespace minhttp::app
