// SPDX-License-Identifier: MIT
// The case study in C++, step by step: socket, setsockopt, bind, listen; then, in an endless loop, accept, read, write,
// close. The functions of talk.h decide what is read and written. ARCHITECTURE.md shows the lines of the assembly
// beside these.

#include "loop/plain.h"

#include "loop/listen.h"
#include "sys/event.h"
#include "sys/net.h"
#include "tables/limits.h"

namespace minhttp::loop {

using conn::Event;
using conn::Want;

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

// Performs a want as one blocking call.
Event perform(int client, const Want& want, uint32_t patience_ms) {
  bool reads = want.kind == Want::Kind::recv;
  (void)sys::set_timeout(client, reads ? SO_RCVTIMEO_OLD : SO_SNDTIMEO_OLD, patience_ms);
  switch (want.kind) {
    case Want::Kind::recv: return happened(sys::recv(client, want.to, want.count), Event::Kind::received);
    case Want::Kind::send: {
      int flags = want.more || want.body_count > 0 ? sys::abi::msg_more : 0; // the next want sends the body
      return happened(sys::send(client, {want.from, want.count}, flags), Event::Kind::sent);
    }
    case Want::Kind::send_file:
      return happened(sys::sendfile(client, want.file, want.offset, want.count), Event::Kind::sent);
    case Want::Kind::shutdown: (void)sys::shutdown(client); return {.kind = Event::Kind::shut};
    case Want::Kind::room: // never wanted: there is one client, and one workspace
    case Want::Kind::wait: // next() in plain_talk.cc handles it
    case Want::Kind::pause:
    case Want::Kind::close: break;
  }
  return {.kind = Event::Kind::ready};
}

} // namespace

void plain(int listener, Handler& talk) {
  while (wait_for_client(talk, listener)) {
    sys::abi::SocketAddress peer; // 5. accept
    auto client = sys::accept4(listener, &peer, 0);
    if (!client.ok()) {
      bool passing = client.is(Errno::EINTR_) || client.is(Errno::ECONNABORTED_) || client.is(Errno::EAGAIN_);
      if (!passing) (void)sys::poll(nullptr, 0, limits::accept_pause_ms); // no descriptors or no memory: do not spin
      continue;
    }
    start(talk, client.value(), peer);
    Event event = {.kind = Event::Kind::ready};
    while (true) {
      Want want = next(talk, event);
      if (want.kind == Want::Kind::close) break;
      event = perform(client.value(), want, patience_ms(talk)); // 6. read, 7. write
    }
    finish(talk); // 8. close
  }
}

} // namespace minhttp::loop
