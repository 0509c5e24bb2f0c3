// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: how serving ends, when the server ends, is replaced, or this worker retires.

#include "loop/epoll.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::Timer;

// Begins to drain: accepts no new clients, closes idle connections, and lets the others finish their response.
// server_ends: clients in the backlog are still accepted. Otherwise this worker retires. Its backlog, and the
// connections that wait for a request, are for the successor, which may serve other files. Retiring does not count as
// an order to end, of which the second one ends at once.
void EpollLoop::begin_drain(bool server_ends) {
  if (server_ends) ends_asked_++;
  if (server_ends) server_.context.ready = false;
  if (ends_asked_ > 1) ended_ = true;
  if (drains_ && server_ends && ends_asked_ == 1) return end_drain_early();
  if (drains_) return;
  drains_ = true;
  passes_on_ = !server_ends && channel_.read >= 0;
  server_.draining = server_.closes_idle = !passes_on_;
  beat_ms_ = INT64_MAX; // the successor now writes the heartbeat, and drain_ends_ms_ bounds what is left here
  drain_ends_ms_ = server_.context.clock.now_ms() + (server_ends ? drain_ms_ : limits::retired_drain_ms);
  stop_accepting(server_ends);
  drain_http2();
  if (passes_on_) {
    if (has_tls && tls_ != nullptr) drain_secure();
    return pass_on_waiting();
  }
  close_idle();
}

// The server will end soon: clients and load balancers hear it in each response, and are served meanwhile.
void EpollLoop::announce_end() {
  server_.context.ready = false;
  server_.draining = true;
  drain_http2();
}

// Another server has the listeners, also with the clients in their backlogs. A client may be sending a request on an
// idle connection at this moment, so those are not closed at once, but with their next response.
void EpollLoop::drain_replaced() {
  if (drains_) return;
  drains_ = server_.draining = true;
  server_.context.ready = false;
  beat_ms_ = INT64_MAX;
  int64_t now_ms = server_.context.clock.now_ms();
  idle_ends_ms_ = now_ms + drain_ms_;
  drain_ends_ms_ = now_ms + limits::retired_drain_ms;
  close_listeners(false); // and the channel stays: a worker of ours may be passing connections on
  drain_http2();
}

void EpollLoop::end_idle() {
  idle_ends_ms_ = INT64_MAX;
  server_.closes_idle = true;
  close_idle();
}

// Connections that speak HTTP/2 are not passed on or closed: they say GOAWAY, and end when their streams have.
void EpollLoop::drain_http2() {
  if (server_.http2 == nullptr) return;
  server_.http2->drains = true;
  for (Connection& connection : server_.connections.first(slots_.ever_taken())) {
    if (connection.socket.open() && connection.state == conn::State::http2) {
      drive(connection, {.kind = Event::Kind::ready});
    }
  }
}

void EpollLoop::stop_accepting(bool accepts_backlog) {
  if (channel_.read >= 0) {
    if (accepts_backlog) receive_passed();
    (void)sys::epoll_remove(epoll_.number(), channel_.read);
  }
  close_listeners(accepts_backlog);
}

void EpollLoop::close_listeners(bool accepts_backlog) {
  for (Listener& listener : listeners_) {
    if (!listener.open()) continue;
    if (accepts_backlog) accept_backlog(listener);
    // The supervisor may have the listener open too: then close() alone leaves it registered with epoll, and each new
    // client of the successor would wake this worker.
    (void)sys::epoll_remove(epoll_.number(), listener.number());
    listener.socket.close();
  }
  accept_again_ms_ = 0;
}

// This worker was retiring, and now the whole server ends: no successor is left to pass connections on to.
void EpollLoop::end_drain_early() {
  passes_on_ = false;
  pass_again_ms_ = INT64_MAX;
  server_.draining = server_.closes_idle = true;
  drain_ends_ms_ = server_.context.clock.now_ms() + drain_ms_;
  idle_ends_ms_ = INT64_MAX;
  close_idle();
}

// was_heard: just now. A client within its handshake has begun to ask: without TLS it would have been answered by now.
// Its request may come in a packet behind the handshake's last one.
bool EpollLoop::is_idle(const Connection& connection, bool was_heard) const {
  if (connection.timer != Timer::first && connection.timer != Timer::idle) return false;
  if (!has_tls || !connection.secure) return true;
  return !tls_->is_in_handshake(connection) && !(was_heard && connection.requests == 0 && tls_->is_open(connection));
}

void EpollLoop::close_idle() {
  for (Timer timer : {Timer::first, Timer::idle}) {
    uint32_t slot = server_.timers.oldest(timer);
    while (slot != Pool::none) {
      Connection& connection = server_.connections[slot];
      slot = connection.timer_links.next;
      if (!connection.queued && is_idle(connection, false)) give_up(connection); // else park() closes it, in its turn
    }
  }
}

} // namespace minhttp::loop
