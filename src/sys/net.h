// SPDX-License-Identifier: MIT
#pragma once
// Calls on sockets.

#include <span>
#include <string_view>

#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::sys {

// socket(2): a TCP socket of AF_INET or AF_INET6; flags: sock_nonblock or 0.
inline Result<int> socket(int family, int flags) {
  return call<int>(Call::socket, family, abi::sock_stream | abi::sock_cloexec | flags, 0);
}

// The same for AF_UNIX; type: sock_stream or sock_datagram.
inline Result<int> unix_socket(int type, int flags) {
  return call<int>(Call::socket, abi::af_unix, type | abi::sock_cloexec | flags, 0);
}

// connect(2). size: of the family's structure. SO_SNDTIMEO bounds the time (socket(7)).
inline Result<> connect(int fd, const abi::SocketAddress& address, size_t size) {
  return call(Call::connect, fd, &address, size);
}

// The same to a Unix socket; size: of the address, in bytes.
inline Result<> connect(int fd, const abi::UnixAddress& address, size_t size) {
  return call(Call::connect, fd, &address, size);
}

// getsockopt(2) of an int.
inline Result<int> getsockopt(int fd, int level, int option) {
  int value = 0;
  uint32_t size = sizeof value;
  TRY(call(Call::getsockopt, fd, level, option, &value, &size));
  return value;
}

// setsockopt(2) with an int.
inline Result<> setsockopt(int fd, int level, int option, int value) {
  return call(Call::setsockopt, fd, level, option, &value, sizeof value);
}

// SO_RCVTIMEO and SO_SNDTIMEO of socket(7): after this time a blocking call returns EAGAIN.
inline Result<> set_timeout(int fd, int option, uint32_t ms) {
  __kernel_old_timeval time = {.tv_sec = ms / 1000, .tv_usec = static_cast<__kernel_long_t>(ms % 1000) * 1000};
  return call(Call::setsockopt, fd, SOL_SOCKET, option, &time, sizeof time);
}

// SO_LINGER of socket(7), with no time: closing sends a reset, and drops what the peer has not taken.
inline Result<> reset_on_close(int fd) {
  abi::Linger linger = {.on = 1, .seconds = 0};
  return call(Call::setsockopt, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

// bind(2). size: of the family's structure.
inline Result<> bind(int fd, const abi::SocketAddress& address, size_t size) {
  return call(Call::bind, fd, &address, size);
}

// The same for a Unix socket: makes its file, with the permissions that the umask leaves.
inline Result<> bind(int fd, const abi::UnixAddress& address) { return call(Call::bind, fd, &address, sizeof address); }

// listen(2).
inline Result<> listen(int fd, int backlog) { return call(Call::listen, fd, backlog); }

// getsockname(2): the address that the socket was bound to.
inline Result<> getsockname(int fd, abi::SocketAddress& address) {
  uint32_t size = sizeof address;
  return call(Call::getsockname, fd, &address, &size);
}

// The same of a socket of any family. Returns the bytes that the address has.
inline Result<size_t> getsockname(int fd, abi::UnixAddress& address) {
  uint32_t size = sizeof address;
  TRY(call(Call::getsockname, fd, &address, &size));
  return size_t{size};
}

// accept4(2). flags: sock_nonblock or 0. peer: gets the peer's address, or null.
inline Result<int> accept4(int fd, abi::SocketAddress* peer, int flags) {
  uint32_t size = sizeof *peer; // in and out
  return call<int>(Call::accept4, fd, peer, peer != nullptr ? &size : nullptr, flags | abi::sock_cloexec);
}

// recv(2) without flags, which is read(2).
inline Result<size_t> recv(int fd, void* to, size_t size) { return call<size_t>(Call::read, fd, to, size); }

#ifdef MINHTTP_TLS
// recv(2) with MSG_PEEK: the bytes stay in the socket.
inline Result<size_t> peek(int fd, void* to, size_t size) {
  return call<size_t>(Call::recvfrom, fd, to, size, abi::msg_peek, nullptr, nullptr);
}
#endif

// send(2): returns the bytes taken, and never raises SIGPIPE. flags: msg_more or 0.
inline Result<size_t> send(int fd, std::string_view bytes, int flags) {
  return call<size_t>(Call::sendto, fd, bytes.data(), bytes.size(), flags | abi::msg_nosignal, nullptr, 0);
}

// sendmsg(2): the same for two pieces, one after the other.
inline Result<size_t> send(int fd, std::string_view first, std::string_view second, int flags) {
  abi::IoVector pieces[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  abi::Message message = {.pieces = pieces, .piece_count = 2};
  return call<size_t>(Call::sendmsg, fd, &message, flags | abi::msg_nosignal);
}

// socketpair(2): two ends, for messages that keep their boundaries. No call on them blocks.
inline Result<> socketpair(int (&ends)[2]) {
  return call(Call::socketpair, abi::af_unix, abi::sock_seqpacket | abi::sock_nonblock | abi::sock_cloexec, 0, ends);
}

// sendmsg(2) with SCM_RIGHTS of unix(7): a message of two pieces, and a descriptor that the receiver will have too.
inline Result<size_t> send_descriptor(int fd, int descriptor, std::string_view first, std::string_view second) {
  abi::IoVector pieces[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  abi::DescriptorMessage rights = {.descriptor = descriptor};
  abi::Message message = {.pieces = pieces, .piece_count = 2, .control = &rights, .control_size = sizeof rights};
  return call<size_t>(Call::sendmsg, fd, &message, abi::msg_nosignal);
}

// recvmsg(2): receives such a message into two pieces, and returns its bytes. descriptor: not open if none came, or if
// this process has too many.
inline Result<size_t> receive_descriptor(int fd, Fd& descriptor, std::span<char> first, std::span<char> second) {
  abi::IoVector pieces[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  abi::DescriptorMessage rights;
  abi::Message message = {.pieces = pieces, .piece_count = 2, .control = &rights, .control_size = sizeof rights};
  size_t bytes = TRY(call<size_t>(Call::recvmsg, fd, &message, abi::msg_cmsg_cloexec));
  if (message.control_size >= rights.size) descriptor = Fd(rights.descriptor);
  return bytes;
}

// sendfile(2): returns the bytes sent. 0: the file ends at offset, or before it.
inline Result<size_t> sendfile(int to, int from, uint64_t offset, size_t size) {
  auto at = static_cast<int64_t>(offset);
  return call<size_t>(Call::sendfile, to, from, &at, size);
}

// ioctl(2), SIOCOUTQ of tcp(7): bytes that were written and that the peer has not acknowledged yet.
inline Result<uint32_t> unacknowledged(int fd) {
  int bytes = 0;
  TRY(call(Call::ioctl, fd, abi::siocoutq, &bytes));
  return static_cast<uint32_t>(bytes);
}

// ioctl(2), SIOCGIFCONF of netdevice(7), through any socket: writes the interfaces that have an IPv4 address, as many
// as fit, and returns their number.
inline Result<size_t> interfaces(int fd, std::span<abi::Interface> to) {
  abi::Interfaces list = {.bytes = static_cast<int>(to.size_bytes()), .interfaces = to.data()};
  TRY(call(Call::ioctl, fd, abi::siocgifconf, &list));
  return static_cast<size_t>(list.bytes) / sizeof(abi::Interface);
}

// ioctl(2), SIOCGIFFLAGS: the flags of the interface with this name; they overwrite its address.
inline Result<uint32_t> interface_flags(int fd, abi::Interface& interface) {
  TRY(call(Call::ioctl, fd, abi::siocgifflags, &interface));
  return uint32_t{interface.flags};
}

// ioctl_tty(2), TIOCGWINSZ: only a terminal has a size.
inline bool is_terminal(int fd) {
  uint16_t size[4] = {};
  return call(Call::ioctl, fd, abi::tiocgwinsz, size).ok();
}

// shutdown(2) of the write side: the peer reads our last byte, then the end.
inline Result<> shutdown(int fd) { return call(Call::shutdown, fd, abi::shut_wr); }

// shutdown(2) of a listening socket. It keeps its address, and other sockets that share the address get the new
// clients. Clients in its backlog are reset. listen() makes it take part again.
inline Result<> stop_listening(int fd) { return call(Call::shutdown, fd, abi::shut_rdwr); }

} // namespace minhttp::sys
