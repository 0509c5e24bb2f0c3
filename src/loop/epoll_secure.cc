// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc, which only minhttps has: connections whose bytes pass through TLS (tls/transport.h).

#include "conn/metering.h"
#include "conn/step.h"
#include "loop/epoll.h"
#include "sys/net.h"
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
  Result<size_t> result =
      reads ? tls_->recv(c, {wants.to, wants.to_count}, server_.context.clock.now_ms()) : tls_->send(c, wants);
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

// 503 where a handshake is done, as well as possible. As send_overload(), it reads what the client has sent: records,
// of which nobody will know what they say.
void EpollLoop::overload_secure(Connection& c, ReachedLimit why) {
  std::string_view answer = conn::overload_answer();
  if (c.state != conn::State::http2) (void)tls_->send(c, Wants().send(answer, {}, false));
  (void)tls_->shut(c);
  char dropped[limits::body_window];
  (void)sys::recv(c.socket.number(), dropped, sizeof dropped);
  conn::note_limit_refusal(server_, why);
}

// Closes a connection, so that its memory may be enough for another one's handshake. First a handshake whose client is
// silent. One that goes on as it should is worth more than an idle connection; but a flood of them costs the others no
// more than a part of the memory, and then pays for itself. Between the two, the order is that of slots.
bool EpollLoop::make_room_for_handshake(const IpAddress& peer) {
  int64_t now_ms = server_.context.clock.now_ms();
  Connection* oldest = tls_->longest_waiting();
  bool many = tls_->has_many_handshakes();
  bool goes_first = oldest != nullptr && (many || tls_->is_stalled(*oldest, now_ms));
  if (!goes_first) {
    if (many) return false; // they wait for the key process
    Evicted greedy = evict_greedy(tls_->shares(), peer);
    if (greedy != Evicted::none) return greedy == Evicted::closed;
    if (evict_in_order(ReachedLimit::tls_memory, Scarce::tls_memory)) return true;
  }
  if (oldest == nullptr) return false;
  close(*oldest);
  return true;
}

// False: there is no memory, and the client is refused.
bool EpollLoop::evict_for_handshake(const Connection& newcomer) {
  if (make_room_for_handshake(newcomer.peer)) {
    if (server_.metrics != nullptr) (*server_.metrics)[metrics::Count::evicted_tls_memory].add(1);
    return true;
  }
  tls_->note_refused();
  conn::note_limit_refusal(server_, ReachedLimit::tls_memory);
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
}

void EpollLoop::publish_secure_states() {
  using metrics::Count;
  (*server_.metrics)[Count::tls_memory].store(tls::memory().used_bytes());
  (*server_.metrics)[Count::tls_memory_peak].store(tls::memory().peak_bytes());
}

// The key process may have ended, or this worker's successor has the channel: then nothing comes any more.
void EpollLoop::resume_handshakes() {
  int channel = tls_->key_fd();
  tls_->turn([this](Connection& connection) {
    if (!connection.socket.open()) return; // nobody closes another one here, but a slot must not be driven that is free
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
