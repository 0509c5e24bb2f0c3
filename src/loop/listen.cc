// SPDX-License-Identifier: MIT
#include "loop/listen.h"

namespace minhttp::loop {

Address any_v4(uint16_t port) { return one_v4({}, port); }

Address any_v6(uint16_t port, bool both) {
  Address address = one_v6({}, port);
  address.both = both;
  return address;
}

Address one_v4(const std::array<uint8_t, 4>& ip, uint16_t port) {
  Address address;
  address.socket.v4.sin_family = sys::abi::af_inet;
  address.socket.v4.sin_port = network_order(port);
  __builtin_memcpy(&address.socket.v4.sin_addr, ip.data(), ip.size());
  return address;
}

Address one_v6(const std::array<uint8_t, 16>& ip, uint16_t port) {
  Address address;
  address.family = sys::abi::af_inet6;
  address.socket.v6.sin6_family = sys::abi::af_inet6;
  address.socket.v6.sin6_port = network_order(port);
  __builtin_memcpy(&address.socket.v6.sin6_addr, ip.data(), ip.size());
  return address;
}

IpAddress ip_of(const sys::abi::SocketAddress& socket) {
  IpAddress ip = {};
  if (socket.family == sys::abi::af_unix) return ip;
  if (socket.family == sys::abi::af_inet6) {
    __builtin_memcpy(ip.data(), &socket.v6.sin6_addr, ip.size());
    return ip;
  }
  std::array<uint8_t, 4> v4 = {};
  __builtin_memcpy(v4.data(), &socket.v4.sin_addr, v4.size());
  return mapped(v4);
}

uint16_t port_of(const sys::abi::SocketAddress& socket) {
  if (socket.family == sys::abi::af_unix) return 0;
  return network_order(socket.family == sys::abi::af_inet6 ? socket.v6.sin6_port : socket.v4.sin_port);
}

} // namespace minhttp::loop
