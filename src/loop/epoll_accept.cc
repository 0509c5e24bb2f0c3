// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: accepting clients, also when no slot or no descriptor is free for them.

#include "conn/admission.h"
#include "conn/metering.h"
#include "loop/epoll.h"
#include "sys/net.h"
#include "sys/process.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::ReachedLimit;
using conn::Timer;

namespace {

// Errors of accept4 that concern one client only (accept(2)).
bool is_passing(Errno error) {
  return error != Errno::EMFILE_ && error != Errno::ENFILE_ && error != Errno::ENOMEM_ && error != Errno::ENOBUFS_;
}

} // namespace

// An accept that finds no client is expensive: the kernel creates a socket before it looks at the backlog. So a turn
// accepts one client, and more after consecutive turns that found more. While connections are in the run queue, turns
// are long and few, and a failed accept costs little beside them: then a turn tries limits::accepts_a_turn times.
void EpollLoop::accept_some(uint32_t which) {
  Listener& listener = listeners_[which];
  if (!listener.open() || accept_again_ms_ != 0) return;
  if (!reserve_.open()) take_reserve();
  Pace& pace = paces_[which];
  uint32_t tries = queued_ > 0 ? limits::accepts_a_turn : 1 + pace.more;
  uint32_t found = 0;
  while (found < tries && accept_one(listener, found == 0)) found++;
  if (found <= pace.more) {
    pace = {.more = pace.more / 2};
  } else if (++pace.full_turns % limits::accepts_grow_turns == 0 && pace.more + 1 < limits::accepts_a_turn) {
    pace.more += pace.more + 1;
  }
}

// False: the backlog is empty, or no client can be accepted now. expected: epoll has reported a client. Without that, a
// lack of descriptors means nothing, because the kernel allocates one before it looks at the backlog.
bool EpollLoop::accept_one(const Listener& listener, bool expected) {
  sys::abi::SocketAddress peer = {};
  auto accepted = sys::accept4(listener.number(), &peer, sys::abi::sock_nonblock);
  if (accepted.ok()) {
    add_connection(sys::Fd(accepted.value()), ip_of(peer), listener);
    return true;
  }
  if (accepted.is(Errno::EAGAIN_)) return false;
  if (is_passing(accepted.error())) return true;
  if (!expected) return false;
  if (close_oldest(std::array{Timer::first, Timer::idle})) {
    note_evicted(ReachedLimit::descriptors);
    return true;
  }
  if (accepted.is(Errno::EMFILE_)) {
    turn_away(listener);
  } else {
    pause_accepting();
  }
  return false;
}

// Accepts all clients in the backlog. Most have sent a request, and closing the listener would reset them.
void EpollLoop::accept_backlog(const Listener& listener) {
  for (int i = 0; i < limits::backlog && accept_one(listener, true); i++) {
  }
}

// Slots that only clients of --admin get, so that somebody sees why all others are taken.
uint32_t EpollLoop::reserved_slots() const {
  if (server_.context.admin == nullptr) return 0;
  uint32_t part = slots_.size() / limits::admin_slots_part;
  return part < limits::admin_slots ? part : limits::admin_slots;
}

// A free slot, or that of a connection that is evicted; else Pool::none. Some are kept for the listener of --admin.
uint32_t EpollLoop::take_slot(const IpAddress& peer, conn::ListenerKind kind) {
  bool admin = kind == conn::ListenerKind::admin;
  uint32_t slot = admin || slots_.taken() + reserved_slots() < slots_.size() ? slots_.take() : Pool::none;
  return slot == Pool::none ? evict_for_slot(peer) : slot;
}

// Gives a new connection a slot. If none is free and none can be freed, the client gets 503; if it has too many
// connections already, 429.
void EpollLoop::add_connection(sys::Fd socket, const IpAddress& peer, const Listener& listener) {
  conn::ListenerKind kind = listener.kind;
  bool admin = kind == conn::ListenerKind::admin;
  if (server_.metrics != nullptr && !admin) (*server_.metrics)[metrics::Count::accepted].add(1);
  if (conn::knows_client(kind) && !conn::has_room_for(server_, peer)) {
    return refuse_client(socket.number(), listener, ReachedLimit::client_connections);
  }
  uint32_t slot = take_slot(peer, kind);
  if (slot == Pool::none) return refuse_client(socket.number(), listener, ReachedLimit::connections);
  Connection& connection = server_.connections[slot];
  conn::open(connection, static_cast<sys::Fd&&>(socket), peer, kind);
  if constexpr (has_tls) {
    if (listener.secure) tls_->adopt(connection, kind == conn::ListenerKind::proxied);
  }
  if (conn::knows_client(kind)) conn::count_connection(server_, connection);
  drive(connection, {.kind = Event::Kind::ready}); // read at once: usually the request has arrived
}

// Where TLS would have to come first, nothing can be said.
void EpollLoop::refuse_client(int socket, const Listener& listener, ReachedLimit why) {
  if (has_tls && listener.secure) return conn::note_limit_refusal(server_, why);
  send_overload(socket, why);
}

// No descriptor is left: closes the reserve, accepts one client with it, and sends that client 503.
void EpollLoop::turn_away(const Listener& listener) {
  reserve_.close();
  auto accepted = sys::accept4(listener.number(), nullptr, sys::abi::sock_nonblock);
  if (accepted.ok()) {
    sys::Fd socket(accepted.value());
    refuse_client(socket.number(), listener, ReachedLimit::descriptors);
  }
  if (!take_reserve() || !accepted.ok()) pause_accepting();
}

// False: no descriptor is free. accept_some() tries again when the next client comes.
bool EpollLoop::take_reserve() {
  auto again = sys::duplicate(epoll_.number());
  if (again.ok()) reserve_ = sys::Fd(again.value());
  return again.ok();
}

// The listeners would stay readable and the loop would spin, so epoll does not watch them for a while.
void EpollLoop::pause_accepting() {
  accept_again_ms_ = server_.context.clock.now_ms() + limits::accept_pause_ms;
  for (const Listener& listener : listeners_) (void)sys::epoll_remove(epoll_.number(), listener.number());
}

void EpollLoop::listen_again() {
  accept_again_ms_ = 0;
  for (uint32_t i = 0; i < listeners_.size(); i++) {
    if (!listeners_[i].open()) continue;
    if (!watch_listener(i).ok()) return pause_accepting();
  }
}

} // namespace minhttp::loop
