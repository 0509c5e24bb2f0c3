// SPDX-License-Identifier: MIT
// The case study in C++, step by step: socket, setsockopt, bind, listen; then, in an endless loop, accept, read, write,
// close. The functions of handler.h decide what is read and written. ARCHITECTURE.md shows the lines of the assembly
// beside these.

#include "loop/plain.h"

#include "loop/listen.h"
#include "sys/event.h"
#include "sys/net.h"
#include "tables/limits.h"

namespace minhttp::loop {

using conn::Event;
using conn::Wants;

Result<int> open_listener(const Address& address, int flags, const char*& failed) {
  // Copies that fit into registers: the compiler must assume that a system call changes everything in memory.
  int family = address.family;
  bool both = address.both;
  bool shared = address.shared;
  size_t size = address.size();
  failed = "socket"; // 1. a TCP socket
  sys::Fd fd(TRY(sys::socket(family, flags)));
  failed = "bind"; // 2. allow an address that old connections still use (TIME_WAIT); 3. bind
  (void)sys::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) (void)sys::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (family == sys::abi::af_inet6) {
    (void)sys::setsockopt(fd.number(), IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1);
  }
  TRY(sys::bind(fd.number(), address.socket, size));
  failed = "listen"; // 4. let the kernel queue connections
  TRY(sys::listen(fd.number(), limits::backlog));
  return fd.release();
}

namespace {

Event happened(Result<size_t> result, Event::Kind kind) {
  if (result.ok()) return {.kind = kind, .bytes = result.value()};
  if (result.is(Errno::EAGAIN_)) return {.kind = Event::Kind::timeout}; // SO_RCVTIMEO, SO_SNDTIMEO
  return {.kind = result.is(Errno::EINTR_) ? Event::Kind::ready : Event::Kind::failed, .error = result.error()};
}

// What is wanted, as one blocking call. Where both are, it sends first: the rest is received when all is sent.
Event perform(int client, const Wants& wants, uint32_t patience_ms) {
  bool sends = wants.sends != Wants::Sends::nothing;
  (void)sys::set_timeout(client, sends ? SO_SNDTIMEO_OLD : SO_RCVTIMEO_OLD, patience_ms);
  if (wants.sends == Wants::Sends::file) {
    return happened(sys::sendfile(client, wants.file, wants.offset, wants.count), Event::Kind::sent);
  }
  if (sends) {
    int flags = wants.more || wants.body_count > 0 ? sys::abi::msg_more : 0; // the body is wanted next
    return happened(sys::send(client, {wants.from, wants.count}, flags), Event::Kind::sent);
  }
  if (wants.receives()) return happened(sys::recv(client, wants.to, wants.to_count), Event::Kind::received);
  if (wants.kind != Wants::Kind::shutdown) return {.kind = Event::Kind::ready}; // a pause; the Handler waits itself
  (void)sys::shutdown(client);
  return {.kind = Event::Kind::shut};
}

} // namespace

void plain(int listener, Handler& handler) {
  while (wait_for_client(handler, listener)) {
    sys::abi::SocketAddress peer; // 5. accept
    auto client = sys::accept4(listener, &peer, 0);
    if (!client.ok()) {
      bool passing = client.is(Errno::EINTR_) || client.is(Errno::ECONNABORTED_) || client.is(Errno::EAGAIN_);
      if (!passing) (void)sys::poll(nullptr, 0, limits::accept_pause_ms); // no descriptors or no memory: do not spin
      continue;
    }
    start(handler, client.value(), peer);
    Event event = {.kind = Event::Kind::ready};
    while (true) {
      Wants wants = next(handler, event);
      if (wants.kind == Wants::Kind::close) break;
      event = perform(client.value(), wants, patience_ms(handler)); // 6. read, 7. write
    }
    finish(handler); // 8. close
  }
}

} // namespace minhttp::loop
