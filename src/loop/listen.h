// SPDX-License-Identifier: MIT
#pragma once
// Addresses to listen on, and how a listening socket is opened.

#include <cstddef>

#include "base/ip.h"
#include "base/result.h"
#include "conn/connection.h"
#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::loop {

struct Address {
  sys::abi::SocketAddress socket = {};
  uint16_t family = sys::abi::af_inet;
  bool both = false;   // IPv6 and IPv4 with one socket: `--listen 8080`
  bool shared = false; // SO_REUSEPORT: other sockets of ours listen on it already

  constexpr size_t size() const { return family == sys::abi::af_inet6 ? sizeof socket.v6 : sizeof socket.v4; }
};

struct Listener {
  sys::Fd socket;
  conn::ListenerKind kind = conn::ListenerKind::http;
  bool secure = false; // TLS; in minhttps only
  bool shared = false; // all workers accept from this socket, or another process has it too: never shutdown(2)

  int number() const { return socket.number(); }
  bool open() const { return socket.open(); }
};

// Converts to network byte order and back, for sockaddr (byteorder(3)).
constexpr uint16_t network_order(uint16_t port) { return static_cast<uint16_t>(port << 8 | port >> 8); }

// All addresses of a family, or a single one.
Address any_v4(uint16_t port);
Address any_v6(uint16_t port, bool both);
Address one_v4(const std::array<uint8_t, 4>& ip, uint16_t port);
Address one_v6(const std::array<uint8_t, 16>& ip, uint16_t port);

// The IP address, with IPv4 mapped into IPv6; and the port. All bytes are 0 of the peer of a Unix socket.
IpAddress ip_of(const sys::abi::SocketAddress& socket);
uint16_t port_of(const sys::abi::SocketAddress& socket);

// Steps 1 to 4 of the case study, in plain.cc: opens a listening socket. flags: sock_nonblock or 0. failed: set to the
// step that the error belongs to, "socket", "bind" or "listen".
Result<int> open_listener(const Address& address, int flags, const char*& failed);

} // namespace minhttp::loop
