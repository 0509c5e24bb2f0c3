// SPDX-License-Identifier: MIT
// A tour: run() waits for events and hands each to handle(); drive() asks the state machine what a connection wants,
// and perform() does it, until it would block; park() then leaves the connection to epoll. Events are edge-triggered:
// one is kept as a hint in Connection::readable and writable until a call returns EAGAIN, or reads less than it asked
// for.

#include "loop/epoll.h"

#include "conn/uptake.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::Timer;
using conn::Wants;

namespace {

// The data of an epoll event: a slot and its generation, or one of these numbers for a descriptor of our own.
constexpr uint32_t first_listener = UINT32_MAX - limits::listeners_max;
constexpr uint32_t channel_slot = first_listener - 1;
constexpr uint32_t key_slot = channel_slot - 1;
constexpr uint32_t signal_slot = UINT32_MAX;

uint64_t tag(uint32_t slot, uint32_t generation) { return uint64_t{generation} << 32 | slot; }

} // namespace

Result<> EpollLoop::prepare() {
  epoll_ = sys::Fd(TRY(sys::epoll_create()));
  TRY(sys::epoll_add(epoll_.number(), signals_.fd(), EPOLLIN, tag(signal_slot, 0)));
  for (uint32_t i = 0; i < listeners_.size(); i++) TRY(watch_listener(i));
  if (channel_.read >= 0) TRY(sys::epoll_add(epoll_.number(), channel_.read, EPOLLIN, tag(channel_slot, 0)));
  if constexpr (has_tls) {
    if (tls_ != nullptr && tls_->key_fd() >= 0) {
      TRY(sys::epoll_add(epoll_.number(), tls_->key_fd(), EPOLLIN, tag(key_slot, 0)));
    }
  }
  reserve_ = sys::Fd(TRY(sys::duplicate(epoll_.number())));
  return {};
}

Result<> EpollLoop::watch_listener(uint32_t which) {
  // Of the workers that accept from one socket, a new client wakes one or a few, not all (epoll_ctl(2)).
  uint32_t events = EPOLLIN | (listeners_[which].shared ? uint32_t{EPOLLEXCLUSIVE} : 0);
  return sys::epoll_add(epoll_.number(), listeners_[which].number(), events, tag(first_listener + which, 0));
}

int EpollLoop::wait_ms(int64_t sweep_ms) const {
  bool computes = (server_.context.compressor != nullptr && server_.context.compressor->busy()) ||
                  (server_.context.access.authenticator != nullptr && server_.context.access.authenticator->busy());
  if (queued_ > 0 || computes || (has_tls && tls_ != nullptr && tls_->wants_turn())) return 0;
  int64_t until = server_.timers.earliest_ms();
  if (beat_ms_ < until) until = beat_ms_;
  if (accept_again_ms_ != 0 && accept_again_ms_ < until) until = accept_again_ms_;
  if (drains_ && drain_ends_ms_ < until) until = drain_ends_ms_;
  if (idle_ends_ms_ < until) until = idle_ends_ms_;
  if (pass_again_ms_ < until) until = pass_again_ms_;
  if (sweep_ms < until) until = sweep_ms;
  if (server_.limit_refusals.due_ms() < until) until = server_.limit_refusals.due_ms();
  int64_t now = server_.context.clock.now_ms();
  if (server_.log.pending() && now + limits::log_retry_ms < until) until = now + limits::log_retry_ms;
  if (until == INT64_MAX) return -1;
  if (until <= now) return 0;
  return until - now < INT32_MAX ? static_cast<int>(until - now) : INT32_MAX;
}

RunResult EpollLoop::run() {
  epoll_event events[limits::events_a_turn];
  server_.context.clock.read();
  while (!ended_ && !reload_) {
    int64_t asked_ms = server_.context.clock.now_ms();
    int64_t sweep_ms = server_.context.cache != nullptr ? server_.context.cache->sweep_at_ms() : INT64_MAX;
    bool hashes = server_.context.tags != nullptr && server_.context.tags->wants_turn();
    auto count = sys::epoll_wait(epoll_.number(), events, limits::events_a_turn, hashes ? 0 : wait_ms(sweep_ms));
    server_.context.clock.read();
    if (beat_ms_ <= server_.context.clock.now_ms()) beat();
    for (int i = 0; count.ok() && i < count.value(); i++) handle(events[i]);
    if constexpr (has_tls) {
      if (tls_ != nullptr && tls_->wants_turn()) resume_handshakes();
    }
    if (hashes) server_.context.tags->turn(); // before run_queue(): connections in it wait for these hashes
    run_queue();
    conn::step_auth(server_, [&](Connection& connection) { drive(connection, {.kind = Event::Kind::ready}); });
    if (server_.context.compressor != nullptr) server_.context.compressor->turn();
    if (all_heard(count)) expire(asked_ms);
    if (accept_again_ms_ != 0 && accept_again_ms_ <= server_.context.clock.now_ms()) listen_again();
    if (sweep_ms <= server_.context.clock.now_ms()) server_.context.cache->sweep(server_.context.clock.now_ms());
    server_.log.flush();
    if (server_.limit_refusals.due_ms() <= server_.context.clock.now_ms()) report_limit_refusals();
    if (pass_again_ms_ <= server_.context.clock.now_ms()) pass_on_waiting();
    if (idle_ends_ms_ <= server_.context.clock.now_ms()) end_idle();
    if (drains_ && (slots_.taken() == 0 || drain_ends_ms_ <= server_.context.clock.now_ms())) ended_ = true;
  }
  reload_ = false;
  if (ended_) close_all();
  if (ended_ && server_.metrics != nullptr) publish_growth();
  if (ended_ && server_.limit_refusals.due_ms() != INT64_MAX) report_limit_refusals();
  return ended_ ? RunResult::drained : RunResult::reload;
}

// So that the log has a line for each response that was under way. The memory of a slot that was never taken is no
// connection.
void EpollLoop::close_all() {
  for (Connection& connection : server_.connections.first(slots_.ever_taken())) {
    if (connection.socket.open()) close(connection);
  }
}

void EpollLoop::report_limit_refusals() {
  server_.limit_refusals.say(server_.connections.size(), server_.workspaces.size());
}

void EpollLoop::handle(const epoll_event& event) {
  auto slot = static_cast<uint32_t>(event.data);
  if (slot == signal_slot) return take_signal();
  if (slot >= first_listener) return accept_some(slot - first_listener);
  if (slot == channel_slot) return receive_passed();
  if constexpr (has_tls) {
    if (slot == key_slot) return resume_handshakes();
  }
  Connection& connection = server_.connections[slot];
  // An event for a connection that an earlier event of the same turn has closed.
  if (!connection.socket.open() || connection.generation != event.data >> 32) return;
  constexpr uint32_t broken = EPOLLERR | EPOLLHUP;
  if ((event.events & (EPOLLIN | EPOLLRDHUP | broken)) != 0) connection.readable = true;
  if ((event.events & (EPOLLOUT | broken)) != 0) connection.writable = true;
  // The peer's end may lie behind bytes that are still unread, and no further event will report it. From now on a short
  // read does not mean that the socket is empty.
  if ((event.events & (EPOLLRDHUP | broken)) != 0) connection.end_ahead = true;
  drive(connection, {.kind = Event::Kind::ready});
}

void EpollLoop::drive(Connection& connection, Event event) {
  for (int i = 0;; i++) {
    Wants wants = conn::step(server_, connection, event);
    // step() has recorded what was done. Asked again in the next turn, it wants the same.
    if (i == limits::steps_a_turn || wants.kind == Wants::Kind::pause) {
      conn::release_idle(server_, connection);
      return queue(connection);
    }
    switch (perform(connection, wants, event)) {
      case Next::step:
        // A full piece of a large file is the work of one turn: other connections get theirs, and the socket buffer
        // stays small. Without this, a megabyte costs twice the time (docs/performance.md).
        if (event.kind == Event::Kind::sent && event.bytes >= limits::sendfile_max) i = limits::steps_a_turn - 1;
        break;
      case Next::wait:
        if (wants.again) {
          conn::release_idle(server_, connection);
          return queue(connection);
        }
        if (park(connection) == Next::close) close(connection);
        return;
      case Next::queue: // unlike queue(), this keeps a deadline: the connection waits for a workspace
        conn::arm_timer(server_, connection);
        return enqueue(connection);
      case Next::close: return close(connection);
    }
  }
}

namespace {

Result<size_t> send(int socket, const Wants& wants) {
  if (wants.sends == Wants::Sends::file) return sys::sendfile(socket, wants.file, wants.offset, wants.count);
  int flags = wants.more ? sys::abi::msg_more : 0;
  std::string_view from = {wants.from, wants.count};
  if (wants.body_count == 0) return sys::send(socket, from, flags);
  return sys::send(socket, from, {wants.body, wants.body_count}, flags);
}

} // namespace

// event: what was done, for step().
EpollLoop::Next EpollLoop::perform(Connection& c, const Wants& wants, Event& event) {
  switch (wants.kind) {
    case Wants::Kind::pause: // never here: drive() handles it
    case Wants::Kind::wait: return Next::wait;
    case Wants::Kind::close: return Next::close;
    case Wants::Kind::workspace: event = {.kind = Event::Kind::ready}; return evict_for_workspace(c, event);
    case Wants::Kind::shutdown:
      if (has_tls && c.secure) return shut_secure(c, event);
      (void)sys::shutdown(c.socket.number()); // ENOTCONN: the peer is gone; the next read reports it
      event = {.kind = Event::Kind::shut};
      return Next::step;
    case Wants::Kind::transfer: return transfer(c, wants, event);
  }
  __builtin_unreachable();
}

// One call, to receive or to send. Where both are wanted and the socket is ready for both, they take turns: a peer that
// takes all that is sent is heard nevertheless.
EpollLoop::Next EpollLoop::transfer(Connection& c, const Wants& wants, Event& event) {
  bool sends = wants.sends != Wants::Sends::nothing;
  bool both = sends && wants.receives();
  bool reads = !sends || (both && c.readable && !(c.writable && c.received_last));
  if (!sends && passes_on_ && c.state == conn::State::head && !(has_tls && c.secure)) return pass_on(c);
  bool& ready = reads ? c.readable : c.writable;
  if (!ready) return Next::wait;
  if (both) c.received_last = reads;
  if (has_tls && c.secure) return transfer_secure(c, wants, reads, event);
  int socket = c.socket.number();
  auto result = reads ? sys::recv(socket, wants.to, wants.to_count) : send(socket, wants);
  if (result.ok()) {
    // A short read has emptied the socket, and the next bytes come with an event. This saves the read that would return
    // EAGAIN.
    if (reads && result.value() < wants.to_count && !c.end_ahead) c.readable = false;
    event = {.kind = reads ? Event::Kind::received : Event::Kind::sent, .bytes = result.value()};
    return Next::step;
  }
  event = {.kind = Event::Kind::ready};
  if (result.is(Errno::EAGAIN_)) {
    ready = false;
    return both ? Next::step : Next::wait; // the other one may go on
  }
  if (!result.is(Errno::EINTR_)) event = {.kind = Event::Kind::failed, .error = result.error()};
  return Next::step;
}

// Leaves a connection to epoll, with its deadline. Most connections never wait to write, so EPOLLOUT is requested only
// when one does.
EpollLoop::Next EpollLoop::park(Connection& connection) {
  conn::arm_timer(server_, connection);
  if (server_.closes_idle && is_idle(connection, true)) return Next::close;
  conn::release_idle(server_, connection);
  uint8_t watched = connection.writable ? 1 : 2;
  if (connection.watched >= watched) return Next::wait; // registered already, for at least these events
  uint32_t interest = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (!connection.writable) interest |= EPOLLOUT;
  uint64_t data = tag(server_.timers.slot_of(connection), connection.generation);
  int socket = connection.socket.number();
  auto registered = connection.watched == 0 ? sys::epoll_add(epoll_.number(), socket, interest, data)
                                            : sys::epoll_change(epoll_.number(), socket, interest, data);
  connection.watched = watched;
  return registered.ok() ? Next::wait : Next::close;
}

void EpollLoop::close(Connection& connection) {
  if (has_tls && connection.secure) tls_->close(connection);
  conn::close(server_, connection);
  if (!connection.queued) slots_.give_back(server_.timers.slot_of(connection));
}

void EpollLoop::queue(Connection& connection) {
  if (!connection.queued) server_.timers.clear(connection); // it does not wait now; its next wait sets a new deadline
  enqueue(connection);
}

void EpollLoop::enqueue(Connection& connection) {
  if (!connection.at_work && connection.workspace != Pool::none) {
    connection.at_work = true;
    at_work_++;
  }
  if (connection.queued) return;
  connection.queued = true;
  connection.turn_next = Pool::none;
  uint32_t slot = server_.timers.slot_of(connection);
  (queue_back_ == Pool::none ? queue_front_ : server_.connections[queue_back_].turn_next) = slot;
  queue_back_ = slot;
  queued_++;
}

// Drives each connection that is in the run queue now, once. One that is queued again has its next turn after this.
void EpollLoop::run_queue() {
  for (uint32_t count = queued_; count > 0; count--) {
    uint32_t slot = queue_front_;
    Connection& connection = server_.connections[slot];
    queue_front_ = connection.turn_next;
    if (queue_front_ == Pool::none) queue_back_ = Pool::none;
    queued_--;
    if (connection.at_work) at_work_--;
    connection.at_work = connection.queued = false;
    if (connection.socket.open()) {
      drive(connection, {.kind = Event::Kind::ready});
    } else {
      slots_.give_back(slot); // it was closed while it was in the queue
    }
  }
}

// Whether epoll has reported everything that had arrived when it was asked. Only then may deadlines expire that had
// passed by that time: after the process or the machine was stopped, the bytes that meet a deadline may lie unread in
// the socket. epoll_wait returns EINTR after a stop, which does not count. A flood fills the events of every turn;
// epoll takes turns among ready sockets, so it has reported all of them after turns_for_all turns.
bool EpollLoop::all_heard(const Result<int>& events) {
  bool heard = events.ok() && events.value() < limits::events_a_turn;
  uint32_t turns_for_all = static_cast<uint32_t>(server_.connections.size()) / limits::events_a_turn + 2;
  unheard_turns_ = heard ? 0 : unheard_turns_ + 1;
  return heard || unheard_turns_ >= turns_for_all;
}

// Once a second and not in each turn: the heartbeats of all workers share cache lines.
void EpollLoop::beat() {
  if (signals_.supervised()) signals_.beat();
  if (server_.metrics != nullptr) {
    publish_states();
    publish_growth();
    const serve::Admin& admin = *server_.context.admin;
    const serve::Clock& clock = server_.context.clock;
    if (admin.shared->began.load() == 0) (void)admin.shared->began.replace(0, static_cast<uint32_t>(clock.seconds()));
    metrics::take_sample(*admin.shared, admin.facts.workers, clock.now_ms() / 1000);
  }
  beat_ms_ = server_.context.clock.now_ms() + limits::worker_beat_ms;
}

void EpollLoop::expire(int64_t asked_ms) {
  for (int i = 0; i < limits::events_a_turn; i++) {
    uint32_t slot = server_.timers.expired(asked_ms);
    if (slot == Pool::none) return;
    Connection& connection = server_.connections[slot];
    bool idle = connection.timer == Timer::idle && connection.state != conn::State::http2; // that ends with GOAWAY
    if (conn::waits_to_send(connection.timer) || idle) {
      expire_answered(connection);
    } else {
      drive(connection, {.kind = Event::Kind::timeout});
    }
  }
}

void EpollLoop::take_signal() {
  while (true) {
    switch (signals_.read()) {
      case Signal::none: return;
      // These are for the supervisor alone.
      case Signal::child:
      case Signal::upgrade:
      case Signal::reopen: break;
      case Signal::unready: announce_end(); break;
      case Signal::replaced: drain_replaced(); break;
      case Signal::reload: reload_ = !drains_; break;
      case Signal::end: begin_drain(true); break;
      case Signal::retire: begin_drain(false); break;
    }
  }
}

} // namespace minhttp::loop
