// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: eviction, when slots or workspaces have run out.

#include "base/check.h"
#include "conn/metering.h"
#include "conn/uptake.h"
#include "loop/epoll.h"
#include "sys/net.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::ReachedLimit;
using conn::Timer;
using conn::Wants;

bool restore_input(conn::Server& server, Connection& connection, std::string_view bytes, Event& event) {
  Wants wants = conn::step(server, connection, {.kind = Event::Kind::ready});
  if (!wants.receives()) return false;
  CHECK(bytes.size() <= wants.to_count);
  __builtin_memcpy(wants.to, bytes.data(), bytes.size());
  event = {.kind = Event::Kind::received, .bytes = bytes.size()};
  return true;
}

// What lies in our own buffer counts, so that it makes no difference when the kernel takes it.
uint32_t EpollLoop::unacked_of(const Connection& connection) const {
  auto unacked = sys::unacknowledged(connection.socket.number());
  if (!unacked.ok()) return conn::unknown_unacked;
  return unacked.value() + (has_tls && connection.secure ? tls_->pending(connection) : 0);
}

// Sends 503 or 429 as well as possible without a slot. It reads what the client has sent already: closing a socket with
// unread bytes sends a reset, which could overtake the response.
void EpollLoop::send_overload(int socket, ReachedLimit why) {
  bool client = why == ReachedLimit::client_connections;
  std::string_view answer = client ? conn::too_many_answer() : conn::overload_answer();
  (void)sys::send(socket, answer, 0);
  (void)sys::shutdown(socket);
  char dropped[limits::body_window];
  (void)sys::recv(socket, dropped, sizeof dropped);
  conn::note_limit_refusal(server_, why);
}

// The deadline of a connection that was sent a response, or a part of one. A peer that is still taking it gets more
// time.
void EpollLoop::expire_answered(Connection& connection) {
  uint32_t unacked = unacked_of(connection);
  if (conn::check_uptake(server_, connection, unacked)) return;
  if (unacked == 0) return close(connection);
  give_up(connection);
}

// Closes a connection whatever it is doing. After an ordinary close the kernel would keep the bytes that a peer does
// not take, and send them again and again for minutes.
void EpollLoop::give_up(Connection& connection) {
  if (conn::waits_to_send(connection.timer)) (void)sys::reset_on_close(connection.socket.number());
  close(connection);
}

// Closes the connection that has waited longest under the first of these timers that has one. It skips a connection in
// the run queue, whose slot would stay taken until its turn. Those that make no room do not count: else as many of them
// as are looked at would protect all others. They are no more than there are slots, and passing them costs less than a
// handshake.
bool EpollLoop::close_oldest(std::span<const Timer> order, Scarce what) {
  for (Timer timer : order) {
    uint32_t slot = server_.timers.oldest(timer);
    for (int looked = 0; looked < limits::evict_scan_max && slot != Pool::none;) {
      Connection& connection = server_.connections[slot];
      slot = connection.timer_links.next;
      if (!makes_room(connection, what)) continue;
      if (!connection.queued) {
        give_up(connection);
        return true;
      }
      looked++;
    }
  }
  return false;
}

// Evicts one of the connections that wait for a password check, with 503: the oldest whose check other connections wait
// for too, so that no work is lost; if each waits alone, the oldest. At most as many wait alone as there are checks
// (limits::verifications_max). Under this timer all output was sent,
// and no connection is in the run queue.
bool EpollLoop::evict_waiter(ReachedLimit why, Scarce what) {
  uint32_t oldest = server_.timers.oldest(Timer::check);
  if (oldest == Pool::none) return false;
  uint32_t slot = oldest;
  for (uint32_t i = 0; i < limits::verifications_max && slot != Pool::none; i++) {
    if (!server_.context.access.authenticator->waits_alone(slot)) break;
    slot = server_.connections[slot].timer_links.next;
  }
  Connection& connection = server_.connections[slot == Pool::none ? oldest : slot];
  if (!makes_room(connection, what)) return false;
  if (has_tls && connection.secure) {
    overload_secure(connection, why);
  } else {
    send_overload(connection.socket.number(), why);
  }
  close(connection);
  return true;
}

// Closes the connection that has taken nothing of its response for longest, if that is at least limits::stalled_ms. A
// connection that has taken something goes to the end of its timer's list.
bool EpollLoop::close_stalled(Timer timer, Scarce what) {
  int64_t set_before_ms = server_.context.clock.now_ms() - limits::stalled_ms;
  uint32_t slot = server_.timers.oldest(timer);
  for (int looked = 0; looked < limits::evict_scan_max && slot != Pool::none;) {
    Connection& connection = server_.connections[slot];
    if (server_.timers.since_ms(connection) > set_before_ms) return false;
    slot = connection.timer_links.next;
    if (!makes_room(connection, what)) continue;
    looked++;
    if (connection.queued || conn::check_uptake(server_, connection, unacked_of(connection))) continue;
    give_up(connection);
    return true;
  }
  return false;
}

// The greedy client (conn/slot_shares.h) loses a connection first, also for a new one of its own, and no other client
// loses one for the greedy client.
EpollLoop::Evicted EpollLoop::evict_greedy(conn::SlotShares& shares, const IpAddress& peer) {
  for (int look = 1; look <= 2; look++) { // victims may all have made progress since they were chosen: look once more
    auto greedy = shares.greedy(server_.connections, server_.timers, server_.context.clock.now_ms());
    if (!greedy) break;
    uint32_t victim = shares.next_victim(server_.connections);
    if (victim != Pool::none) {
      give_up(server_.connections[victim]);
      return Evicted::closed;
    }
    if (look == 2 && conn::client_key(peer) == *greedy) return Evicted::refuse;
  }
  return Evicted::none;
}

// Then the order is: a connection that waits for a request or for the rest of one, one that lingers, one whose response
// stalls, one that waits for a password check.
bool EpollLoop::evict_in_order(ReachedLimit why, Scarce what) {
  constexpr std::array order = {Timer::first, Timer::idle, Timer::head, Timer::body, Timer::linger, Timer::streams};
  return close_oldest(order, what) || close_stalled(Timer::file_slow, what) || close_stalled(Timer::send_slow, what) ||
         evict_waiter(why, what);
}

// Frees a slot for a new client when all are taken. Pool::none: none can be freed.
uint32_t EpollLoop::evict_for_slot(const IpAddress& peer) {
  Evicted greedy = evict_greedy(shares_, peer);
  if (greedy == Evicted::refuse) return Pool::none;
  bool closed = greedy == Evicted::closed || evict_in_order(ReachedLimit::connections, Scarce::slots);
  if (closed) note_evicted(ReachedLimit::connections);
  return closed ? slots_.take() : Pool::none;
}

// Frees a workspace for a connection that needs one, but only if there is something to read for it, and not just the
// peer's end.
EpollLoop::Next EpollLoop::evict_for_workspace(Connection& c, Event& event) {
  if (!c.readable && c.state == conn::State::head) return Next::wait;
  if (c.state == conn::State::lingering) return Next::close;
  char last[limits::body_window];
  std::string_view request;
  if (c.end_ahead && !(has_tls && c.secure)) { // is there a request before the peer's end? Only a read tells
    auto read = sys::recv(c.socket.number(), last, sizeof last);
    if (!read.ok() || read.value() == 0) return Next::close;
    request = {last, read.value()};
  }
  // The slowest request is evicted: a good one takes milliseconds, so the oldest is never a good one. Every connection
  // under these timers has a workspace, but for those of HTTP/2 that wait for the peer: their streams may have some.
  if (close_oldest(std::array{Timer::head, Timer::body, Timer::linger, Timer::send_slow, Timer::send}) ||
      close_oldest(std::array{Timer::streams}) || evict_waiter(ReachedLimit::workspaces)) {
    note_evicted(ReachedLimit::workspaces);
    if (!request.empty()) (void)restore_input(server_, c, request, event); // false: the server drains, no more requests
    return Next::step;
  }
  if (at_work_ > 0 && request.empty()) return Next::queue; // those with a workspace are in the run queue
  if (c.state == conn::State::http2) return Next::close;
  if (has_tls && c.secure) {
    overload_secure(c, ReachedLimit::workspaces);
    return Next::close;
  }
  send_overload(c.socket.number(), ReachedLimit::workspaces); // between two responses, where a 503 fits in
  return Next::close;
}

} // namespace minhttp::loop
