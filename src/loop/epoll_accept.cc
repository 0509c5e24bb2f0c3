// SPDX-License-Identifier: MIT
// The other half of loop/epoll.cc: clients who come, also when there is no slot or no descriptor for them.

#include "loop/epoll.h"
#include "loop/listen.h"
#include "sys/net.h"
#include "sys/process.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::Timer;

namespace {

// Errors of accept4 that concern one client only (accept(2)).
bool is_passing(Errno error) {
  return error != Errno::EMFILE_ && error != Errno::ENFILE_ && error != Errno::ENOMEM_ && error != Errno::ENOBUFS_;
}

} // namespace

// An accept that finds nobody is dear: the kernel makes a socket before it looks. So a turn takes
// one client, and more where turn after turn there was another one. But where others have work for
// whole turns, ours are far between, and the price is small beside theirs.
void EpollLoop::accept_some(uint32_t which) {
  sys::Fd& listener = listeners_[which];
  if (!listener.open() || accept_again_ms_ != 0) return;
  if (!reserve_.open()) take_reserve();
  Pace& pace = paces_[which];
  uint32_t tries = queued_ > 0 ? limits::accepts_a_turn : 1 + pace.more;
  uint32_t found = 0;
  while (found < tries && accept_one(listener.number(), found == 0)) found++;
  if (found <= pace.more) {
    pace = {.more = pace.more / 2};
  } else if (++pace.full_turns % limits::accepts_grow_turns == 0 && pace.more + 1 < limits::accepts_a_turn) {
    pace.more += pace.more + 1;
  }
}

// false: nobody is waiting any more, or nobody can be accepted now. expected: epoll said that somebody
// is there. Otherwise a lack of descriptors says nothing, as the kernel takes one before it looks.
bool EpollLoop::accept_one(int listener, bool expected) {
  sys::abi::SocketAddress peer = {};
  auto accepted = sys::accept4(listener, &peer, sys::abi::sock_nonblock);
  if (accepted.ok()) {
    add_connection(sys::Fd(accepted.value()), ip_of(peer));
    return true;
  }
  if (accepted.is(Errno::EAGAIN_)) return false;
  if (is_passing(accepted.error())) return true;
  if (!expected) return false;
  if (close_oldest(std::array{Timer::first, Timer::idle})) return true;
  if (accepted.is(Errno::EMFILE_)) {
    turn_away(listener);
  } else {
    pause_accepting();
  }
  return false;
}

// All who wait at a listener, mostly with a request: its close would reset them.
void EpollLoop::accept_backlog(int listener) {
  for (int i = 0; i < limits::backlog && accept_one(listener, true); i++) {
  }
}

// A slot for a new connection. Where none is left and nobody makes room, it is told to come back.
void EpollLoop::add_connection(sys::Fd socket, const IpAddress& peer) {
  uint32_t slot = slots_.take();
  if (slot == Pool::none) slot = make_slot(peer);
  if (slot == Pool::none) return say_overload(socket.number(), Shortage::connections);
  Connection& connection = server_.connections[slot];
  conn::open(connection, static_cast<sys::Fd&&>(socket), peer);
  drive(connection, {.kind = Event::Kind::ready}); // read at once: mostly the request is there
}

// No descriptor is left: with the reserve, one client is told so at a time.
void EpollLoop::turn_away(int listener) {
  reserve_.close();
  auto accepted = sys::accept4(listener, nullptr, sys::abi::sock_nonblock);
  if (accepted.ok()) {
    sys::Fd socket(accepted.value());
    say_overload(socket.number(), Shortage::descriptors);
  }
  if (!take_reserve() || !accepted.ok()) pause_accepting();
}

// false: somebody else has the last descriptor. Whoever comes next finds us trying again.
bool EpollLoop::take_reserve() {
  auto again = sys::duplicate(epoll_.number());
  if (again.ok()) reserve_ = sys::Fd(again.value());
  return again.ok();
}

// The listeners would stay readable and the loop would spin: leave them out for a while.
void EpollLoop::pause_accepting() {
  accept_again_ms_ = server_.context.clock.now_ms() + limits::accept_pause_ms;
  for (sys::Fd& listener : listeners_) (void)sys::epoll_remove(epoll_.number(), listener.number());
}

void EpollLoop::listen_again() {
  accept_again_ms_ = 0;
  for (uint32_t i = 0; i < listeners_.size(); i++) {
    if (!listeners_[i].open()) continue;
    if (!watch_listener(i).ok()) return pause_accepting();
  }
}

} // namespace minhttp::loop
