// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc, which only minhttps has: connections whose bytes pass through TLS (tls/transport.h).

#include "conn/metering.h"
#include "conn/step.h"
#include "loop/epoll.h"
#include "tls/memory.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::ReachedLimit;
using conn::Timer;
using conn::Wants;

// As transfer(), but that the transport keeps Connection::readable and writable. Where a read cannot go on although
// there may be something to read, it waits for the socket to take output, or for the key process: nothing is tried
// meanwhile.
EpollLoop::Next EpollLoop::transfer_secure(Connection& c, const Wants& wants, bool reads, Event& event) {
  Result<size_t> result = reads ? tls_->recv(c, {wants.to, wants.to_count}) : tls_->send(c, wants);
  if (result.is(Errno::ENOBUFS_)) {
    if (!evict_for_handshake(c)) return Next::close;
    event = {.kind = Event::Kind::ready};
    return Next::step;
  }
  if (result.ok()) {
    event = {.kind = reads ? Event::Kind::received : Event::Kind::sent, .bytes = result.value()};
    return Next::step;
  }
  event = {.kind = Event::Kind::ready};
  if (result.is(Errno::EAGAIN_)) {
    bool both = wants.receives() && wants.sends != Wants::Sends::nothing;
    bool other = reads ? !c.readable && c.writable : c.readable;
    return both && other ? Next::step : Next::wait;
  }
  if (!result.is(Errno::EINTR_)) event = {.kind = Event::Kind::failed, .error = result.error()};
  return Next::step;
}

EpollLoop::Next EpollLoop::shut_secure(Connection& c, Event& event) {
  if (tls_->shut(c).is(Errno::EAGAIN_)) return Next::wait;
  event = {.kind = Event::Kind::shut};
  return Next::step;
}

// 503 where a handshake is done, as well as possible.
void EpollLoop::overload_secure(Connection& c, ReachedLimit why) {
  std::string_view answer = conn::overload_answer();
  if (c.state != conn::State::http2) (void)tls_->send(c, Wants().send(answer, {}, false));
  conn::note_limit_refusal(server_, why);
}

// Frees memory for the handshake of this connection: of others whose handshake is under way, else of an idle one.
// False: there is none, and the client is refused.
bool EpollLoop::evict_for_handshake(const Connection& newcomer) {
  for (Timer timer : {Timer::first, Timer::idle}) {
    uint32_t slot = server_.timers.oldest(timer);
    for (int i = 0; i < limits::evict_scan_max && slot != Pool::none; i++) {
      Connection& other = server_.connections[slot];
      slot = other.timer_links.next;
      if (&other == &newcomer || other.queued || !other.secure || !tls_->has_session(other)) continue;
      close(other);
      note_evicted(ReachedLimit::connections);
      return true;
    }
  }
  tls_->note_refused();
  conn::note_limit_refusal(server_, ReachedLimit::connections);
  return false;
}

void EpollLoop::publish_secure() {
  using metrics::Count;
  metrics::Block& block = *server_.metrics;
  const tls::Handshakes& now = tls_->handshakes();
  tls::Handshakes& before = published_tls_;
  block[Count::tls_full].add(now.done - now.resumed - (before.done - before.resumed));
  block[Count::tls_resumed].add(now.resumed - before.resumed);
  block[Count::tls_failed].add(now.failed - before.failed);
  block[Count::tls_refused].add(now.refused - before.refused);
  before = now;
  block[Count::tls_memory].store(tls::memory().used_bytes());
  block[Count::tls_memory_peak].store(tls::memory().peak_bytes());
}

// The key process may have ended, or this worker's successor has the channel: then nothing comes any more.
void EpollLoop::resume_handshakes() {
  int channel = tls_->key_fd();
  tls_->turn([this](Connection& connection) {
    if (!connection.socket.open()) return; // it has just made room for another one
    drive(connection, {.kind = Event::Kind::ready});
  });
  if (tls_->key_fd() < 0 && channel >= 0) (void)sys::epoll_remove(epoll_.number(), channel);
}

// Connections with TLS cannot be passed on to the successor. They end with their next response, and idle ones a while
// later, since a client may be sending a request at this moment.
void EpollLoop::drain_secure() {
  server_.draining = true;
  idle_ends_ms_ = server_.context.clock.now_ms() + drain_ms_;
}

} // namespace minhttp::loop
