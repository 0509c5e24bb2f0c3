// SPDX-License-Identifier: MIT
#pragma once
// The loop that serves many connections in one thread, with epoll.

#include <array>
#include <cstdint>
#include <span>

#include "base/pool.h"
#include "conn/slot_shares.h"
#include "conn/step.h"
#include "loop/listen.h"
#include "loop/signals.h"
#include "sys/event.h"
#include "sys/fd.h"
#include "tables/limits.h"
#include "tables/program.h"
#include "tls/transport.h"

namespace minhttp::loop {

// A socket pair over which a retiring worker passes connections on to the next worker of the same number. Each of these
// workers has both ends open; a retiring one writes and no longer reads.
struct Channel {
  int write = -1;
  int read = -1; // -1: there is no channel, and a retiring worker closes its idle connections
};

// Sends a worker another file to write the log to, over its channel.
Result<> send_log_file(const Channel& channel, int file);

// Why EpollLoop::run() has returned.
enum class RunResult : uint8_t { drained, reload };

class EpollLoop {
 public:
  // listeners: non-blocking; the loop closes them when it begins to drain. free_slots: one entry for each connection.
  // tls: for secure listeners; null: there are none.
  EpollLoop(conn::Server& server, std::span<Listener> listeners, Signals& signals, std::span<uint32_t> free_slots,
            uint32_t drain_ms, Channel channel, tls::Transport* tls = nullptr)
      : server_(server),
        listeners_(listeners),
        signals_(signals),
        drain_ms_(drain_ms),
        channel_(channel),
        slots_(free_slots),
        tls_(tls) {
    if (signals.supervised() || server.metrics != nullptr) beat_ms_ = 0;
  }

  // The part that can fail at start: the epoll descriptor and its first entries.
  Result<> prepare();

  // Serves until a signal has come and all connections are closed, or the drain time is over (drained); or until the
  // sites must be read anew (reload), and then it can be called again.
  RunResult run();

 private:
  enum class Next : uint8_t { step, wait, queue, close };

  // How many clients a listener usually has for one turn.
  struct Pace {
    uint32_t more = 0;       // beyond the first one
    uint32_t full_turns = 0; // consecutive turns that found more than that
  };

  Result<> watch_listener(uint32_t which);
  int wait_ms(int64_t sweep_ms) const;
  void handle(const epoll_event& event);
  [[gnu::noinline]] void send_overload(int socket, conn::ReachedLimit why);
  void report_limit_refusals();
  void close_all();
  void accept_some(uint32_t which);
  bool accept_one(const Listener& listener, bool expected);
  void accept_backlog(const Listener& listener);
  void add_connection(sys::Fd socket, const IpAddress& peer, const Listener& listener);
  void refuse_client(int socket, const Listener& listener, conn::ReachedLimit why);
  uint32_t reserved_slots() const;
  uint32_t take_slot(const IpAddress& peer, conn::ListenerKind kind);
  void turn_away(const Listener& listener);
  bool take_reserve();
  void listen_again();
  void pause_accepting();
  void expire_answered(conn::Connection& connection);
  void give_up(conn::Connection& connection);
  // What has run out, and so who may be closed: anyone, or only who has memory of OpenSSL, its handshake done.
  enum class Scarce : uint8_t { slots, tls_memory };
  enum class Evicted : uint8_t { none, closed, refuse }; // refuse: the newcomer
  bool makes_room(const conn::Connection& connection, Scarce what) const {
    return !has_tls || what == Scarce::slots || tls_->is_open(connection);
  }
  bool close_oldest(std::span<const conn::Timer> order, Scarce what = Scarce::slots);
  bool evict_waiter(conn::ReachedLimit why, Scarce what = Scarce::slots);
  bool close_stalled(conn::Timer timer, Scarce what = Scarce::slots);
  Evicted evict_greedy(conn::SlotShares& shares, const IpAddress& peer);
  bool evict_in_order(conn::ReachedLimit why, Scarce what);
  uint32_t evict_for_slot(const IpAddress& peer);

  void drive(conn::Connection& connection, conn::Event event);
  Next perform(conn::Connection& connection, const conn::Wants& wants, conn::Event& event);
  Next transfer(conn::Connection& connection, const conn::Wants& wants, conn::Event& event);
  // epoll_secure.cc, which only minhttps has.
  Next transfer_secure(conn::Connection& connection, const conn::Wants& wants, bool reads, conn::Event& event);
  Next shut_secure(conn::Connection& connection, conn::Event& event);
  void publish_secure();
  void publish_secure_states();
  void overload_secure(conn::Connection& connection, conn::ReachedLimit why);
  bool evict_for_handshake(const conn::Connection& connection);
  bool make_room_for_handshake(const IpAddress& peer);
  void resume_handshakes();
  uint32_t unacked_of(const conn::Connection& connection) const;
  Next park(conn::Connection& connection);
  // Separate from drive(), where its array and the stack protector's canary would cost every request.
  [[gnu::noinline]] Next evict_for_workspace(conn::Connection& connection, conn::Event& event);
  void close(conn::Connection& connection);

  void queue(conn::Connection& connection);
  void enqueue(conn::Connection& connection);
  void run_queue();
  bool all_heard(const Result<int>& events);
  void beat();
  void publish_states();
  void publish_growth();
  void note_evicted(conn::ReachedLimit why);
  void expire(int64_t asked_ms);
  void take_signal();
  void begin_drain(bool server_ends);
  void announce_end();
  void drain_replaced();
  void end_idle();
  void stop_accepting(bool accepts_backlog);
  void close_listeners(bool accepts_backlog);
  void end_drain_early();
  void drain_http2();
  void drain_secure();
  void close_idle();
  bool is_idle(const conn::Connection& connection, bool was_heard) const;

  Next pass_on(conn::Connection& connection);
  void pass_on_waiting();
  void receive_passed();
  [[gnu::noinline]] conn::Connection* receive_one_passed(conn::Event& event, bool& empty);

  conn::Server& server_;
  std::span<Listener> listeners_;
  Signals& signals_;
  uint32_t drain_ms_;
  Channel channel_;
  std::array<uint64_t, metrics::count_count> published_ = {}; // of each Count that is kept elsewhere: what was added
  tls::Handshakes published_tls_;
  Pool slots_;
  tls::Transport* tls_; // in minhttp never looked at
  sys::Fd epoll_;
  conn::SlotShares shares_;
  Pace paces_[limits::listeners_max];
  sys::Fd reserve_;                   // closed to accept a client and send 503 when no descriptor is left
  int64_t accept_again_ms_ = 0;       // accepting pauses until then; 0: it does not pause
  bool drains_ = false;               // no new client is accepted, and the loop ends when all connections are closed
  bool passes_on_ = false;            // retiring: connections that wait for a request are passed on
  int64_t pass_again_ms_ = INT64_MAX; // the channel was full; when to try again
  int64_t drain_ends_ms_ = 0;
  int64_t idle_ends_ms_ = INT64_MAX; // replaced: when idle connections are closed
  int64_t beat_ms_ = INT64_MAX;      // when the next heartbeat is due; never without a supervisor
  uint32_t unheard_turns_ = 0;       // consecutive turns that may have left events for the next one
  uint32_t ends_asked_ = 0;
  bool ended_ = false;
  bool reload_ = false;
  uint32_t queue_front_ = Pool::none; // the run queue: connections with more to do than one turn allows
  uint32_t queue_back_ = Pool::none;
  uint32_t queued_ = 0;
  uint32_t at_work_ = 0; // connections in the run queue that had a workspace when they were queued
};

// Gives step() bytes that were read before the connection had a workspace, which may be free now. event: what to report
// to step() next. False: step() does not want to read; either no workspace is free, or the server drains.
bool restore_input(conn::Server& server, conn::Connection& connection, std::string_view bytes, conn::Event& event);

} // namespace minhttp::loop
