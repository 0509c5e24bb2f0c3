// SPDX-License-Identifier: MIT
// A tour: start() forks the workers, each a copy of this process with everything that it has read. run() then waits for
// signals, obeys them in handle_signals(), reaps workers that have ended and starts new ones. The listeners stay open
// here, so that a new worker finds the clients that its predecessor left in the backlog. Orders to workers are in
// loop/shared_state.h; a signal only tells a worker to look there.

#include "app/supervisor.h"

#include "app/message.h"
#include "loop/signals.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/time.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int64_t clock_ms() { return sys::clock_ns(sys::abi::clock_monotonic) / 1'000'000; }

int milliseconds(int64_t time) { return time <= 0 ? 0 : time < INT32_MAX ? static_cast<int>(time) : INT32_MAX; }

} // namespace

// EAGAIN of clone(2) means that the limit of processes is reached. Its usual words say that waiting helps.
Text why_no_worker(Errno error) {
  return error == Errno::EAGAIN_ ? "the limit of processes is reached (ulimit -u, or the container's)"sv
                                 : describe(error);
}

Result<> Supervisor::prepare() {
  shared_ = new (TRY(sys::map_shared_memory(sizeof(loop::SharedState)))) loop::SharedState;
  self_ = sys::getpid();
  bool channels = is_fenced(config_) || !config_.log_file.empty(); // else no worker will have to retire
  if (!config_.has_site() || !channels) return {};
  // Without a channel, a retiring worker closes its idle connections. If descriptors are scarce, clients come first.
  sys::abi::rlimit64 limit = {};
  TRY(sys::get_descriptor_limit(limit));
  if (limit.rlim_cur < limits::channels_from + 2 * listeners_.size()) return {};
  for (uint32_t i = 0; i < listeners_.size(); i++) {
    int ends[2] = {};
    if (!sys::socketpair(ends).ok()) break;
    channels_[i] = {sys::Fd(ends[0]), sys::Fd(ends[1])};
  }
  return {};
}

Result<> Supervisor::start() {
  int64_t now_ms = clock_ms();
  if (watch_) watch_->begin_read(); // everything has just been read
  for (Worker& worker : workers()) {
    TRY(begin(worker, now_ms));
    if (worker_) break;
  }
  return {};
}

std::optional<int> Supervisor::run() {
  pollfd queries[] = {{.fd = signals_, .events = POLLIN, .revents = 0},
                      {.fd = control_.number(), .events = POLLIN, .revents = 0}};
  int64_t now_ms = clock_ms();
  while (true) {
    auto heard = sys::poll(queries, control_.is_open() ? 2 : 1, wait_ms(now_ms));
    now_ms = clock_ms();
    if (!heard.ok() || heard.value() > 0) { // else something is due
      handle_signals(now_ms);
      reap(now_ms);
      if (control_.is_open()) handle_control(now_ms);
    }
    if (end_at_ms_ <= now_ms) end(now_ms);
    if (ending() && (is_alone() || (kill_ms_ <= now_ms && !kill_late(now_ms)))) return exit_status_;
    begin_due(now_ms);
    if (worker_) return {};
    count_workers();
    look_around(now_ms);
    if (worker_) return {};
    look_at_reload(now_ms);
    if (worker_) return {};
    notify(now_ms);
  }
}

int Supervisor::wait_ms(int64_t now_ms) {
  int64_t until = ending() ? kill_ms_ : beats_ms_;
  for (const Worker& worker : workers()) {
    if (worker.process == 0 && !ending() && worker.begins_ms < until) until = worker.begins_ms;
  }
  bool looks = reload_ms_ != 0 || (!ready_ && !ending()); // a worker cannot wake us when it is done
  if (looks && now_ms + limits::reload_look_ms < until) until = now_ms + limits::reload_look_ms;
  if (end_at_ms_ < until) until = end_at_ms_;
  if (notifier_.watchdog_ms() > 0 && alive_ms_ < until) until = alive_ms_;
  return milliseconds(until - now_ms);
}

// Tells the service manager that we serve, once a worker does, and that we are alive: that this process runs. Of
// workers it takes care itself.
void Supervisor::notify(int64_t now_ms) {
  if (!ready_ && shared_->served.load() != 0) {
    ready_ = true;
    notifier_.ready();
    control_.say_ready();
  }
  if (notifier_.watchdog_ms() == 0 || alive_ms_ > now_ms) return;
  notifier_.alive();
  alive_ms_ = now_ms + notifier_.watchdog_ms();
}

void Supervisor::handle_signals(int64_t now_ms) {
  while (true) {
    auto signal = loop::read_signal(signals_);
    if (config_.control >= 0 && signal != loop::Signal::none) continue; // handle_control() has the orders
    switch (signal) {
      case loop::Signal::none: return;
      case loop::Signal::child:  // reap() comes next
      case loop::Signal::retire: // only the supervisor orders this, and the next two
      case loop::Signal::unready:
      case loop::Signal::replaced: break;
      case loop::Signal::reopen: reopen_log(); break;
      case loop::Signal::upgrade:
        named_message(2) << "SIGUSR2 replaces the executable only where the server was started with --upgrade";
        break;
      case loop::Signal::end: order_end(now_ms); break;
      case loop::Signal::reload: reload(now_ms, true); break;
    }
  }
}

void Supervisor::count(metrics::ServerCount which) {
  if (metrics::Shared* metrics = setup_.metrics()) (*metrics)[which].add(1);
}

void Supervisor::count_workers() {
  metrics::Shared* metrics = setup_.metrics();
  if (metrics == nullptr) return;
  uint64_t running = 0;
  for (const Worker& worker : workers()) running += worker.process != 0 ? 1U : 0U;
  (*metrics)[metrics::ServerCount::workers].store(running);
#ifdef MINHTTP_TLS
  if (keys_ != nullptr) {
    (*metrics)[metrics::ServerCount::tls_expiry].store(static_cast<uint64_t>(keys_->bulletin().ends_s.load()));
  }
#endif
}

// Starts a worker. Returns in the new process as well, where worker_ is set.
Result<> Supervisor::begin(Worker& worker, int64_t now_ms) {
  if (!worker.listens) TRY(listen_again(worker));
  shared_->beats[number_of(worker)].store(0);
  worker.beat = worker.silent_turns = 0;
  made_++;
  if constexpr (has_tls) {
    if (keys_ != nullptr) keys_->seat(number_of(worker), made_, worker.former != 0 ? worker.former_id : 0);
  }
  int process = TRY(sys::fork());
  if (process == 0) {
    become(number_of(worker));
    return {};
  }
  worker.process = process;
  worker.id = made_;
  worker.begun_ms = now_ms;
  shared_->reloaded[number_of(worker)].store(2 * reloads_);
  return {};
}

void Supervisor::become(uint32_t number) {
  (void)sys::end_with_parent(sys::abi::sigterm); // fails only if that is not a signal's number
  if (sys::getppid() != self_) sys::exit(0);     // the supervisor has ended before that
  char name[16] = {};
  Writer out({name, sizeof name - 1});
  out.text("minhttp-").decimal(number + 1);
  (void)sys::set_name(name);
  for (uint32_t i = 0; i < listeners_.size(); i++) {
    if (i == number) continue;
    close_all(listeners_[i]); // or they would stay open when their own worker drains
    for (sys::Fd& end : channels_[i]) end.close();
  }
  control_.close(); // orders are for the supervisor
  if constexpr (has_tls) {
    if (keys_ != nullptr) keys_->become_worker(made_);
  }
  setup_.become_worker(shared_->log, made_, number + 1);
  worker_ = WorkerInfo{.number = number,
                       .shared = shared_,
                       .reloads = reloads_,
                       .retirements = shared_->retirements[number].load(),
                       .supervisor = self_,
                       .channel = {.write = channels_[number][0].number(), .read = channels_[number][1].number()}};
}

void Supervisor::begin_due(int64_t now_ms) {
  for (Worker& worker : workers()) {
    if (ending() || worker.process != 0 || worker.begins_ms > now_ms) continue;
    auto begun = begin(worker, now_ms);
    if (worker_) return;
    if (begun.ok()) continue;
    worker.begun_ms = now_ms;
    uint32_t wait = back_off(worker, now_ms);
    named_message(2) << "cannot start worker " << number_of(worker) + 1 << ": " << why_no_worker(begun.error())
                     << "; next try in " << wait << " ms";
  }
}

void Supervisor::stop_listening(Worker& worker) {
  for (const loop::Listener& listener : listeners_[number_of(worker)]) {
    if (listener.open() && !listener.shared) (void)sys::stop_listening(listener.number());
  }
  worker.listens = false;
}

Result<> Supervisor::listen_again(Worker& worker) {
  for (const loop::Listener& listener : listeners_[number_of(worker)]) {
    if (listener.open() && !listener.shared) TRY(sys::listen(listener.number(), limits::backlog));
  }
  worker.listens = true;
  return {};
}

bool Supervisor::has_peer(const Worker& worker) {
  for (const Worker& other : workers()) {
    if (&other != &worker && other.process != 0 && other.listens) return true;
  }
  return false;
}

bool Supervisor::is_alone() {
  for (const Worker& worker : workers()) {
    if (worker.process != 0 || worker.former != 0) return false;
  }
  for (const Older& older : older_) {
    if (older.process != 0) return false;
  }
  return true;
}

void Supervisor::signal_all(int signal) {
  for (const Worker& worker : workers()) {
    if (worker.process != 0) (void)sys::kill(worker.process, signal); // the number is its own until it is reaped
    if (worker.former != 0) (void)sys::kill(worker.former, signal);
  }
  for (const Older& older : older_) {
    if (older.process != 0) (void)sys::kill(older.process, signal);
  }
}

// Reads anew here first: new workers are copies of this process, and mistakes are reported only once.
void Supervisor::reload(int64_t now_ms, bool asked) {
  if (ending()) return;
  if (asked) config_file_.report_change();
  if constexpr (has_tls) {
    if (asked && keys_ != nullptr) keys_->ask_reload();
  }
  notifier_.reloading(sys::clock_ns(sys::abi::clock_monotonic));
  watch_->begin_read();
  bool good = setup_.loader().load(setup_.server(), asked ? Missing::forgotten : Missing::kept);
  watch_->end_read(good, !asked);
  if (!good) notifier_.ready();
  count(good ? metrics::ServerCount::reloads_ok : metrics::ServerCount::reloads_failed);
  if (!good) return asked ? Loader::report_unchanged() : watch_->say(false);
  (asked ? asked_ : found_) = true;
  reloads_++;
  shared_->keeps.store(asked ? 0 : 1);
  shared_->reloads.store(reloads_);
  reload_ms_ = now_ms + limits::reload_wait_ms;
  signal_all(sys::abi::sighup);
}

// Keeps the former process, which still has a download, because its successor now becomes the former one. If there is
// no place, the oldest process is killed.
void Supervisor::move_former(Worker& worker) {
  Older& place = place_for_another(older_);
  if (place.process != 0) {
    if (!place.killed) { // else it was reported before
      named_message(2) << "worker " << place.number + 1 << " (process " << static_cast<uint64_t>(place.process)
                       << ") is killed, and its downloads with it: it was replaced, and so were "
                       << uint64_t{limits::formers_max} << " others after it";
    }
    (void)sys::kill(place.process, sys::abi::sigkill);
    give_back(place.id);
  }
  place = {worker.former, worker.former_id, number_of(worker), worker.former_killed};
}

// Starts another process in the worker's place at once; the present one becomes the former one.
void Supervisor::replace_worker(Worker& worker, int64_t now_ms) {
  if (worker.former != 0) move_former(worker);
  worker.former = worker.process;
  worker.former_id = worker.id;
  worker.former_killed = false;
  worker.process = 0;
  auto begun = begin(worker, now_ms);
  if (!begun.ok()) worker.begins_ms = now_ms; // begin_due() tries again, and reports the error
}

// Replaces a worker whose sandbox does not let it read what this process has read: another directory by the site's
// name. The new worker is a copy of this process. The old one drains.
void Supervisor::retire_worker(Worker& worker, int64_t now_ms) {
  SharedWord& retirements = shared_->retirements[number_of(worker)];
  retirements.store(retirements.load() + 1);
  (void)sys::kill(worker.process, sys::abi::sigterm);
  replace_worker(worker, now_ms);
}

void Supervisor::look_around(int64_t now_ms) {
  if (ending() || now_ms < beats_ms_) return;
  beats_ms_ = now_ms + limits::worker_beat_ms;
  look_at_beats(now_ms);
  if (worker_ || !watch_ || reload_ms_ != 0) return; // one reload at a time
  if (watch_->look()) reload(now_ms, false);
}

// Counts looks of this process, not time: what stops this process as well (Ctrl-Z, docker pause, suspend) is not the
// silence of a worker.
void Supervisor::look_at_beats(int64_t now_ms) {
  for (Worker& worker : workers()) {
    if (worker.process == 0) continue;
    uint32_t beat = shared_->beats[number_of(worker)].load();
    worker.silent_turns = beat == worker.beat ? worker.silent_turns + 1 : 0;
    worker.beat = beat;
    if (worker.silent_turns == 0 && !worker.listens) (void)listen_again(worker); // or again with the next beat
    if (worker.silent_turns < limits::silent_turns_max) continue;
    replace_silent(worker, now_ms);
    if (worker_) return;
  }
}

// SIGKILL does not end a process that waits in the kernel for a disk (D state), so the successor does not wait for its
// death. If the predecessor is still in that state, there is no third process: the worker stops listening, and the
// others get its clients.
void Supervisor::replace_silent(Worker& worker, int64_t now_ms) {
  bool again = worker.former != 0 && worker.former_killed;
  if (again && (!worker.listens || !has_peer(worker))) return;
  if (again) stop_listening(worker); // before the message says so
  named_message(2) << "worker " << number_of(worker) + 1 << " (process " << static_cast<uint64_t>(worker.process)
                   << ") has not responded for " << uint64_t{limits::silent_turns_max} << " s"
                   << (again ? ", as the one before it; new clients go to the other workers"sv
                             : " and is killed; another one takes its place"sv);
  if (again) return;
  (void)sys::kill(worker.process, sys::abi::sigkill);
  count(metrics::ServerCount::restarts);
  replace_worker(worker, now_ms);
  if (!worker_) worker.former_killed = true;
}

// Reports a reload when all workers have done it, and names those that are late or have failed.
void Supervisor::look_at_reload(int64_t now_ms) {
  if (reload_ms_ == 0) return;
  auto answer = [&](const Worker& worker) { return shared_->reloaded[number_of(worker)].load(); };
  for (const Worker& worker : workers()) {
    if (worker.process != 0 && answer(worker) / 2 != reloads_ && now_ms < reload_ms_) return;
  }
  for (Worker& worker : workers()) {
    bool late = answer(worker) / 2 != reloads_;
    bool failed = (answer(worker) & 1) != 0;
    if (worker.process == 0 || (!late && !failed)) continue;
    if (failed && is_fenced(config_)) {
      retire_worker(worker, now_ms);
      if (worker_) return;
      continue;
    }
    named_message(2) << "worker " << number_of(worker) + 1 << " (process " << static_cast<uint64_t>(worker.process)
                     << ") "
                     << (late ? "has not finished its reload"sv
                              : "read other files than the others, and keeps what it had; send SIGHUP again"sv);
  }
  if (found_) watch_->say(true);
  if (asked_) setup_.loader().report_reload();
  asked_ = found_ = false;
  reload_ms_ = 0;
  notifier_.ready();
}

} // namespace minhttp::app
