// SPDX-License-Identifier: MIT
#include "loop/plain_talk.h"

#include "loop/listen.h"
#include "serve/progress.h"
#include "serve/step.h"
#include "sys/event.h"
#include "sys/net.h"

namespace minhttp::loop {

namespace {

// How long until there is something to do without a client; -1: for ever.
int idle_ms(serve::Server& server) {
  bool computes = false;
  if (server.tags != nullptr) {
    server.tags->turn();
    computes = server.tags->busy();
  }
  if (server.compressor != nullptr) {
    server.compressor->turn();
    computes |= server.compressor->busy();
  }
  if (computes) return 0;
  if (server.log.pending()) return static_cast<int>(limits::log_retry_ms);
  if (server.cache == nullptr) return -1;
  server.clock.read();
  server.cache->sweep(server.clock.now_ms());
  int64_t at_ms = server.cache->sweep_at_ms();
  return at_ms == INT64_MAX ? -1 : static_cast<int>(at_ms - server.clock.now_ms());
}

} // namespace

bool wait_for_client(Talk& talk, int listener) {
  pollfd queries[] = {{.fd = talk.signals, .events = POLLIN, .revents = 0},
                      {.fd = listener, .events = POLLIN, .revents = 0}};
  while (true) {
    talk.server.log.flush();
    (void)sys::poll(queries, 2, idle_ms(talk.server));
    if (queries[0].revents != 0) return false;
    if (queries[1].revents != 0) break;
  }
  talk.server.clock.read();
  return true;
}

namespace {

// A client that keeps its connection and always has another request would hold off the end for ever.
void look_for_end(Talk& talk) {
  pollfd query = {.fd = talk.signals, .events = POLLIN, .revents = 0};
  (void)sys::poll(&query, 1, 0);
  if (query.revents != 0) talk.server.draining = true;
}

} // namespace

void start(Talk& talk, int client, const sys::abi::SocketAddress& peer) {
  serve::open(talk.server.connections[0], sys::Fd(client), ip_of(peer));
}

serve::Want next(Talk& talk, serve::Event event) {
  talk.server.clock.read();
  if (talk.server.tags != nullptr) talk.server.tags->turn();
  if (talk.server.cache != nullptr) talk.server.cache->turn();
  serve::Connection& connection = talk.server.connections[0];
  // SO_RCVTIMEO bounds one call: who sends a byte in time, over and over, is late all the same.
  bool late = connection.timer != serve::Timer::none && connection.deadline_ms <= talk.server.clock.now_ms();
  if (late && event.kind == serve::Event::Kind::received) event = {.kind = serve::Event::Kind::timeout};
  if (event.kind == serve::Event::Kind::timeout && serve::waits_to_send(connection.timer)) {
    auto unacked = sys::unacknowledged(connection.socket.number());
    if (serve::takes_more(talk.server, connection, unacked.ok() ? unacked.value() : serve::unknown_unacked)) {
      event = {.kind = serve::Event::Kind::ready};
    } else { // else the kernel keeps what nobody takes, for minutes
      (void)sys::reset_on_close(connection.socket.number());
    }
  }
  if (event.kind == serve::Event::Kind::received && connection.requests > 0) look_for_end(talk);
  serve::Want want = serve::step(talk.server, connection, event);
  while (want.kind == serve::Want::Kind::wait) {
    serve::verify(talk.server, [](serve::Connection&) {});
    want = serve::step(talk.server, connection, {.kind = serve::Event::Kind::ready});
  }
  talk.server.log.flush();
  return want;
}

uint32_t patience_ms(Talk& talk) {
  serve::Connection& connection = talk.server.connections[0];
  serve::await(talk.server, connection);
  int64_t left = connection.deadline_ms - talk.server.clock.now_ms();
  return left < 1 ? 1 : static_cast<uint32_t>(left);
}

void finish(Talk& talk) { serve::close(talk.server, talk.server.connections[0]); }

} // namespace minhttp::loop
