// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: who gives way when slots or workspaces have run out.

#include "base/check.h"
#include "conn/progress.h"
#include "loop/epoll.h"
#include "sys/net.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::Timer;
using conn::Want;

bool hand_over(conn::Server& server, Connection& connection, std::string_view bytes, Event& event) {
  Want want = conn::step(server, connection, {.kind = Event::Kind::ready});
  if (want.kind != Want::Kind::recv) return false;
  CHECK(bytes.size() <= want.count);
  __builtin_memcpy(want.to, bytes.data(), bytes.size());
  event = {.kind = Event::Kind::received, .bytes = bytes.size()};
  return true;
}

namespace {

uint32_t unacked_of(const Connection& connection) {
  auto unacked = sys::unacknowledged(connection.socket.number());
  return unacked.ok() ? unacked.value() : conn::unknown_unacked;
}

} // namespace

// As much as can be done without a slot: what has been sent already is read, lest the close
// becomes a reset that overtakes the answer.
void EpollLoop::say_overload(int socket, Shortage why) {
  std::string_view answer = conn::overload_answer();
  (void)sys::send(socket, answer, 0);
  (void)sys::shutdown(socket);
  char dropped[limits::body_window];
  (void)sys::recv(socket, dropped, sizeof dropped);
  refusals_.add(why, server_.context.clock.now_ms());
}

// The deadline of a connection that was sent an answer, or a part of one. Who still takes it has more time.
void EpollLoop::expire_answered(Connection& connection) {
  uint32_t unacked = unacked_of(connection);
  if (conn::takes_more(server_, connection, unacked)) return;
  if (unacked == 0) return close(connection);
  give_up(connection);
}

// Closes a connection in the middle of whatever it does. After a mere close the kernel would keep the bytes of an
// answer that nobody takes, and offer them again and again, for minutes.
void EpollLoop::give_up(Connection& connection) {
  if (conn::waits_to_send(connection.timer)) (void)sys::reset_on_close(connection.socket.number());
  close(connection);
}

// Closes the connection that has waited longest under the first of these timers that has one. Not
// who has a turn to come: its slot would stay taken until then.
bool EpollLoop::close_oldest(std::span<const Timer> order) {
  for (Timer timer : order) {
    uint32_t slot = server_.timers.oldest(timer);
    for (int i = 0; i < limits::evict_scan_max && slot != Pool::none; i++) {
      Connection& connection = server_.connections[slot];
      if (!connection.queued) {
        give_up(connection);
        return true;
      }
      slot = connection.timer_next;
    }
  }
  return false;
}

// Of those who wait for the check of a password, one is told to come back: the oldest whose check
// others wait for too, so that no work is lost; where each waits alone, the oldest. As many as there
// are checks wait alone at most. Nobody of them has a turn to come: under this timer all is said.
bool EpollLoop::evict_waiter(Shortage why) {
  uint32_t oldest = server_.timers.oldest(Timer::check);
  if (oldest == Pool::none) return false;
  uint32_t slot = oldest;
  for (uint32_t i = 0; i < limits::verifications_max && slot != Pool::none; i++) {
    if (!server_.context.access.authenticator->waits_alone(slot)) break;
    slot = server_.connections[slot].timer_next;
  }
  Connection& connection = server_.connections[slot == Pool::none ? oldest : slot];
  say_overload(connection.socket.number(), why);
  close(connection);
  return true;
}

// Closes the connection that has taken nothing of its answer for longest, where that is long enough. Who has
// taken something goes to the end of its list.
bool EpollLoop::close_stalled(Timer timer) {
  int64_t set_before_ms = server_.context.clock.now_ms() - limits::stalled_ms;
  uint32_t slot = server_.timers.oldest(timer);
  for (int i = 0; i < limits::evict_scan_max && slot != Pool::none; i++) {
    Connection& connection = server_.connections[slot];
    if (server_.timers.since_ms(connection) > set_before_ms) return false;
    slot = connection.timer_next;
    if (connection.queued || conn::takes_more(server_, connection, unacked_of(connection))) continue;
    give_up(connection);
    return true;
  }
  return false;
}

// A slot for a newcomer when all are taken, or Pool::none. A client that has more than its share makes room,
// also for itself, and for itself nobody else does. Otherwise the one that has said nothing for longest, then who
// gets no answer any more, and at last who has stopped taking one.
uint32_t EpollLoop::make_slot(const IpAddress& peer) {
  for (int look = 1; look <= 2; look++) { // victims that have made progress since they were chosen are looked for anew
    auto greedy = shares_.greedy(server_.connections, server_.timers, server_.context.clock.now_ms());
    if (!greedy) break;
    uint32_t victim = shares_.next_victim(server_.connections);
    if (victim != Pool::none) {
      give_up(server_.connections[victim]);
      return slots_.take();
    }
    if (look == 2 && conn::client_of(peer) == *greedy) return Pool::none;
  }
  constexpr std::array order = {Timer::first, Timer::idle, Timer::head, Timer::body, Timer::linger};
  bool closed = close_oldest(order) || close_stalled(Timer::file_slow) || close_stalled(Timer::send_slow) ||
                evict_waiter(Shortage::connections);
  return closed ? slots_.take() : Pool::none;
}

// A workspace for a connection that cannot go on without: only where there is something to
// read for it, and not just the end.
EpollLoop::Next EpollLoop::find_room(Connection& c, Event& event) {
  if (!c.readable && c.state == conn::State::head) return Next::wait;
  if (c.state == conn::State::lingering) return Next::gone;
  char last[limits::body_window];
  std::string_view request;
  if (c.end_ahead) { // is there a request before it? Only reading tells
    auto read = sys::recv(c.socket.number(), last, sizeof last);
    if (!read.ok() || read.value() == 0) return Next::gone;
    request = {last, read.value()};
  }
  // The slowest request makes room: a good one takes milliseconds, so the oldest is never a good
  // one's. Who waits under one of these has a workspace.
  if (close_oldest(std::array{Timer::head, Timer::body, Timer::linger, Timer::send_slow, Timer::send}) ||
      evict_waiter(Shortage::workspaces)) {
    if (!request.empty()) (void)hand_over(server_, c, request, event); // false: no more requests, the server is to end
    return Next::step;
  }
  if (at_work_ > 0 && request.empty()) return Next::turn; // those who have one are in the middle of their work
  say_overload(c.socket.number(), Shortage::workspaces);  // between two answers, so that another one fits there
  return Next::gone;
}

} // namespace minhttp::loop
