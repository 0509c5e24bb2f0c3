// SPDX-License-Identifier: MIT
#include "loop/plain_http.h"

#include "conn/step.h"
#include "conn/uptake.h"
#include "loop/listen.h"
#include "sys/event.h"
#include "sys/net.h"

namespace minhttp::loop {

namespace {

// Reports refused clients, where that is due. Returns the milliseconds until it is; -1: nobody was refused.
int report_limit_refusals(conn::Server& server) {
  if (server.limit_refusals.due_ms() == INT64_MAX) return -1;
  server.context.clock.read();
  int64_t left_ms = server.limit_refusals.due_ms() - server.context.clock.now_ms();
  if (left_ms > 0) return static_cast<int>(left_ms);
  server.limit_refusals.say(server.connections.size(), server.workspaces.size());
  return -1;
}

// Milliseconds until there is work to do without a client; -1: there is none.
int idle_ms(conn::Server& server) {
  int refusals_ms = report_limit_refusals(server);
  bool computes = false;
  if (server.context.tags != nullptr) {
    server.context.tags->turn();
    computes = server.context.tags->busy();
  }
  if (server.context.compressor != nullptr) {
    server.context.compressor->turn();
    computes |= server.context.compressor->busy();
  }
  if (computes) return 0;
  if (server.log.pending()) return static_cast<int>(limits::log_retry_ms);
  if (refusals_ms >= 0) return refusals_ms; // then again
  if (server.context.cache == nullptr) return -1;
  server.context.clock.read();
  server.context.cache->sweep(server.context.clock.now_ms());
  int64_t at_ms = server.context.cache->sweep_at_ms();
  return at_ms == INT64_MAX ? -1 : static_cast<int>(at_ms - server.context.clock.now_ms());
}

} // namespace

bool wait_for_client(Handler& handler, int listener) {
  pollfd queries[] = {{.fd = handler.signals, .events = POLLIN, .revents = 0},
                      {.fd = listener, .events = POLLIN, .revents = 0}};
  while (true) {
    handler.server.log.flush();
    (void)sys::poll(queries, 2, idle_ms(handler.server));
    if (queries[0].revents != 0) return false;
    if (queries[1].revents != 0) break;
  }
  handler.server.context.clock.read();
  return true;
}

namespace {

// Without this, a client that always sends another request on its connection would delay the end for ever.
void look_for_end(Handler& handler) {
  pollfd query = {.fd = handler.signals, .events = POLLIN, .revents = 0};
  (void)sys::poll(&query, 1, 0);
  if (query.revents != 0) handler.server.draining = handler.server.closes_idle = true;
}

} // namespace

void start(Handler& handler, int client, const sys::abi::SocketAddress& peer) {
  conn::open(handler.server.connections[0], sys::Fd(client), ip_of(peer));
}

conn::Wants next(Handler& handler, conn::Event event) {
  handler.server.context.clock.read();
  if (handler.server.context.tags != nullptr) handler.server.context.tags->turn();
  conn::Connection& connection = handler.server.connections[0];
  // SO_RCVTIMEO bounds one call only: a peer that sends one byte in time, over and over, must still miss its deadline.
  bool late = connection.timer != conn::Timer::none && connection.deadline_ms <= handler.server.context.clock.now_ms();
  if (late && event.kind == conn::Event::Kind::received) event = {.kind = conn::Event::Kind::timeout};
  if (event.kind == conn::Event::Kind::timeout && conn::waits_to_send(connection.timer)) {
    auto unacked = sys::unacknowledged(connection.socket.number());
    if (conn::check_uptake(handler.server, connection, unacked.ok() ? unacked.value() : conn::unknown_unacked)) {
      event = {.kind = conn::Event::Kind::ready};
    } else { // an ordinary close would keep the unsent bytes in the kernel, for minutes
      (void)sys::reset_on_close(connection.socket.number());
    }
  }
  if (event.kind == conn::Event::Kind::received && connection.requests > 0) look_for_end(handler);
  conn::Wants want = conn::step(handler.server, connection, event);
  while (want.kind == conn::Wants::Kind::wait) {
    conn::step_auth(handler.server, [](conn::Connection&) {});
    want = conn::step(handler.server, connection, {.kind = conn::Event::Kind::ready});
  }
  handler.server.log.flush();
  return want;
}

uint32_t patience_ms(Handler& handler) {
  conn::Connection& connection = handler.server.connections[0];
  conn::arm_timer(handler.server, connection);
  int64_t left = connection.deadline_ms - handler.server.context.clock.now_ms();
  return left < 1 ? 1 : static_cast<uint32_t>(left);
}

void finish(Handler& handler) { conn::close(handler.server, handler.server.connections[0]); }

} // namespace minhttp::loop
