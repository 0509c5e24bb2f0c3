// SPDX-License-Identifier: MIT
#pragma once
// The supervisor: the process that starts the workers and replaces them.

#include <optional>
#include <span>
#include <string_view>

#include "app/config.h"
#include "app/config_file.h"
#include "app/control.h"
#include "app/formers.h"
#include "app/key_process.h"
#include "app/listeners.h"
#include "app/notify.h"
#include "app/setup.h"
#include "app/watch.h"
#include "loop/epoll.h"
#include "loop/shared_state.h"

namespace minhttp::app {

class Message;

// What a new worker must know.
struct WorkerInfo {
  uint32_t number = 0; // from 0
  loop::SharedState* shared = nullptr;
  uint32_t reloads = 0;     // how many were done before it was made
  uint32_t retirements = 0; // how many workers of its number were told to retire before that
  int supervisor = 0;
  loop::Channel channel = {};
};

// In words, why there cannot be another process.
std::string_view why_no_worker(Errno error);

// How a process has ended: status is that of wait4(2).
void report_why(Message& message, int status);

class Supervisor {
 public:
  // listeners: one set for each worker. signals: a signalfd for SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD. keys: where
  // there is TLS, else null.
  Supervisor(const Config& config, Setup& setup, std::span<Listeners> listeners, int signals, const Notifier& notifier,
             KeyProcess* keys)
      : config_(config),
        setup_(setup),
        listeners_(listeners),
        signals_(signals),
        notifier_(notifier),
        control_(config.control),
        keys_(keys) {
    if (config.has_site()) watch_.emplace(config, setup.server(), setup.loader());
  }

  // Makes the shared page and the channels, before the sandbox forbids new memory and sockets.
  Result<> prepare();

  // Starts the first workers. Returns in every new worker as well, and so does run(): there worker() is set, and the
  // listeners of the others are closed.
  Result<> start();

  // Watches over the workers until the last one has ended; returns the exit status. Nothing: this is a new worker.
  std::optional<int> run();

  const std::optional<WorkerInfo>& worker() const { return worker_; }

 private:
  struct Worker {
    int process = 0; // 0: there is none now
    uint32_t id = 0; // counts all workers that were ever made
    int former = 0;  // the process that this one has replaced, which finishes its responses; 0: none
    uint32_t former_id = 0;
    int64_t begun_ms = 0;
    int64_t begins_ms = 0; // without a process: when to start the next one
    uint32_t wait_ms = 0;  // how long to wait before that, if this one dies soon
    bool listens = true;
    bool former_killed = false; // for silence; it may not die before a disk answers
    uint32_t beat = 0;          // the last heartbeat that was seen
    uint32_t silent_turns = 0;  // looks of the supervisor since then
  };

  uint32_t number_of(const Worker& worker) const { return static_cast<uint32_t>(&worker - workers_.data()); }
  std::span<Worker> workers() { return {workers_.data(), listeners_.size()}; }
  bool ending() const { return ends_ > 0 || replaced_; }
  int wait_ms(int64_t now_ms);
  void handle_signals(int64_t now_ms);
  Result<> begin(Worker& worker, int64_t now_ms);
  void count(metrics::ServerCount which);
  void count_workers();
  void begin_due(int64_t now_ms);
  void replace_worker(Worker& worker, int64_t now_ms);
  void retire_worker(Worker& worker, int64_t now_ms);
  void look_around(int64_t now_ms);
  void look_at_beats(int64_t now_ms);
  void replace_silent(Worker& worker, int64_t now_ms);
  void become(uint32_t number);
  void reap(int64_t now_ms);
  void end_without_keys(int status, int64_t now_ms);
  void give_back(uint32_t id);
  void report_end(Message& message, const Worker& worker, int process, int status);
  void on_exit(Worker& worker, int status, int64_t now_ms);
  void on_former_exit(Worker& worker, int status);
  void on_older_exit(Older& older, int status);
  void report_former_end(const Worker& worker, int process, int status);
  void move_former(Worker& worker);
  uint32_t back_off(Worker& worker, int64_t now_ms);
  void stop_listening(Worker& worker);
  Result<> listen_again(Worker& worker);
  bool has_peer(const Worker& worker);
  bool is_alone();
  bool kill_late(int64_t now_ms);
  bool start_failed(int status);
  void signal_all(int signal);
  void order_end(int64_t now_ms);
  void end(int64_t now_ms);
  void drain_replaced(int64_t now_ms);
  void reopen_log();
  void handle_control(int64_t now_ms);
  void reload(int64_t now_ms, bool asked);
  void look_at_reload(int64_t now_ms);
  void notify(int64_t now_ms);

  const Config& config_;
  Setup& setup_;
  std::span<Listeners> listeners_;
  int signals_;
  const Notifier& notifier_;
  ConfigFileWatch config_file_{config_};
  Control control_;
  KeyProcess* keys_;
  bool replaced_ = false;         // another server has our listeners
  int64_t end_at_ms_ = INT64_MAX; // --drain-delay is under way until then
  bool ready_ = false;            // the service manager knows that we serve
  int64_t alive_ms_ = 0;          // when it wants to hear next that we are alive
  std::optional<Watch> watch_;    // only with a site
  int self_ = 0;
  loop::SharedState* shared_ = nullptr;
  std::array<Worker, limits::workers_max> workers_ = {};
  std::array<std::array<sys::Fd, 2>, limits::workers_max> channels_;
  std::array<Older, limits::formers_max> older_ = {};
  std::optional<WorkerInfo> worker_;
  uint32_t made_ = 0; // workers, ever
  uint32_t ends_ = 0;
  uint32_t reloads_ = 0;
  int64_t kill_ms_ = 0;  // processes that are left then are killed; 0: never
  int64_t beats_ms_ = 0; // when to look next at the heartbeats, and at the paths of the options
  uint32_t kills_ = 0;   // rounds of SIGKILL
  uint32_t start_deaths_ = 0;
  int exit_status_ = 0;
  bool asked_ = false;    // by SIGHUP, for the reload that is under way
  bool found_ = false;    // by watch_, likewise
  int64_t reload_ms_ = 0; // workers that have not read anew by then are named; 0: no reload is under way
};

} // namespace minhttp::app
