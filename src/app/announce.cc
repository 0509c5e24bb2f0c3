// SPDX-License-Identifier: MIT
#include "app/announce.h"

#include "app/message.h"
#include "app/packed_site.h"
#include "sys/net.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr uint16_t https_port = 443;
constexpr uint16_t http_port = 80; // omitted in a URL (RFC 9110 section 4.2.1)

bool is_any(const IpAddress& ip) {
  for (size_t i = is_mapped(ip) ? 12 : 0; i < ip.size(); i++) {
    if (ip[i] != 0) return false;
  }
  return true;
}

void write_url(Message& message, const Config& config, const IpAddress& ip, uint16_t port, bool secure) {
  char text[ip_text_max + 2];
  Writer host(text);
  if (is_any(ip)) {
    host.text("localhost");
  } else {
    write_host(host, ip);
  }
  message << (has_tls && secure ? "https://"sv : "http://"sv) << host.view();
  if (port != (has_tls && secure ? https_port : http_port)) message << ":" << port;
  Text base = config.base_path;
  drop_end(base, "/"sv);
  message << base << "/";
}

// Where a browser cannot go: to a Unix socket.
bool write_unix(Message& message, const Endpoint& endpoint) {
  if (endpoint.address.family != sys::abi::af_unix) return false;
  message << (endpoint.file.path.empty() ? "a Unix socket of the service manager"sv : "unix:"sv) << endpoint.file.path;
  return true;
}

void write_url_line(const Config& config, Text who, const IpAddress& ip, uint16_t port, bool secure) {
  Message message(2);
  message << "  " << who;
  write_url(message, config, ip, port, secure);
}

// On a terminal: prints a line for each URL that a person may open.
void list_urls(const Config& config, const sys::abi::SocketAddress& socket, bool secure) {
  constexpr Text here = "on this machine: "sv;
  constexpr Text there = "on the network:  "sv;
  IpAddress ip = loop::ip_of(socket);
  uint16_t port = loop::port_of(socket);
  write_url_line(config, is_any(ip) || is_loopback(ip) ? here : there, ip, port, secure);
  if (!is_any(ip)) return;
  for (uint32_t i = 0; i < config.lan.count; i++) write_url_line(config, there, config.lan.addresses[i], port, secure);
}

void announce_admin(const Endpoint& endpoint) {
  const sys::abi::SocketAddress& socket = endpoint.address.socket;
  Message message = named_message(2);
  message << "health and metrics at ";
  if (write_unix(message, endpoint)) return;
  char text[ip_text_max + 2];
  Writer host(text);
  write_host(host, loop::ip_of(socket));
  message << "http://" << host.view() << ":" << loop::port_of(socket) << "/";
}

} // namespace

void find_lan(Lan& lan, int socket) {
  std::array<sys::abi::Interface, limits::interfaces_max> interfaces = {};
  auto count = sys::interfaces(socket, interfaces);
  if (!count.ok()) return;
  for (sys::abi::Interface& interface : std::span(interfaces).first(count.value())) {
    std::array<uint8_t, 4> v4 = {}; // copied, because SIOCGIFFLAGS overwrites it
    __builtin_memcpy(v4.data(), &interface.address.sin_addr, v4.size());
    auto flags = sys::interface_flags(socket, interface);
    if (!flags.ok()) continue;
    constexpr uint32_t wanted = sys::abi::interface_up | sys::abi::interface_running;
    if ((flags.value() & (wanted | sys::abi::interface_loopback)) != wanted) continue;
    if (lan.count < lan.addresses.size()) lan.addresses[lan.count++] = mapped(v4);
  }
}

Text site_name(const Config& config) {
  if (config.pack != nullptr) return packed_site();
  return config.directory == nullptr ? config.hosts : Text(config.directory);
}

void prepare_to_announce(Config& config, int listener) {
  config.on_terminal = sys::is_terminal(2);
  if (config.on_terminal && config.has_site()) find_lan(config.lan, listener);
}

void announce(const Config& config) {
  bool lists = config.has_site() && config.on_terminal;
  Text name = site_name(config);
  if (lists) Message(2) << MINHTTP_NAME " serving " << name;
  for (uint32_t i = 0; i < config.listen.count; i++) {
    const Endpoint& endpoint = config.listen.endpoints[i];
    const sys::abi::SocketAddress& socket = endpoint.address.socket;
    bool tcp = endpoint.address.family != sys::abi::af_unix;
    if (has_tls && endpoint.kind == conn::ListenerKind::redirect) continue;
    if (endpoint.kind == conn::ListenerKind::admin) {
      announce_admin(endpoint);
    } else if (!config.has_site() && tcp) {
      Message(1) << MINHTTP_NAME " listening on port " << loop::port_of(socket) << "...";
    } else if (!config.has_site()) {
      Message message(1);
      message << MINHTTP_NAME " listening on ";
      write_unix(message, endpoint);
    } else if (lists && tcp) {
      list_urls(config, socket, endpoint.secure);
    } else {
      Message message(2);
      message << (lists ? "  "sv : MINHTTP_NAME " serving "sv) << (lists ? ""sv : name) << (lists ? ""sv : " at "sv);
      if (!write_unix(message, endpoint))
        write_url(message, config, loop::ip_of(socket), loop::port_of(socket), endpoint.secure);
    }
  }
  if (!config.has_site() && config.on_terminal) {
    named_message(2) << "this only says hello; to serve the files of this directory: " MINHTTP_NAME " .";
  }
}

void write_host(Writer& out, const IpAddress& ip) {
  bool v6 = !is_mapped(ip);
  if (v6) out.byte('[');
  write_ip(out, ip);
  if (v6) out.byte(']');
}

} // namespace minhttp::app
