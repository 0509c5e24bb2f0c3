// SPDX-License-Identifier: MIT
// A tour: run() prepares descriptors, the user, signals, everything that the options ask for (setup.cc), and listeners,
// in this order, and each step has a message of its own. If a site is served, or several workers are wanted,
// supervisor.cc starts them, and each one comes back here. Then the sandbox is closed, and a loop starts. After that
// nothing is allocated any more.

#include "app/run.h"

#include <linux/auxvec.h>

#include "app/announce.h"
#include "app/control.h"
#include "app/cpus.h"
#include "app/inherited.h"
#include "app/launcher.h"
#include "app/listeners.h"
#include "app/log_file.h"
#include "app/message.h"
#include "app/notify.h"
#include "app/sandbox.h"
#include "app/settings.h"
#include "app/setup.h"
#include "app/supervisor.h"
#include "app/tls.h"
#include "app/unix_listener.h"
#include "app/user.h"
#include "loop/epoll.h"
#include "loop/plain.h"
#include "loop/plain_http.h"
#include "loop/signals.h"
#include "rt/output.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int fail(Text what, Errno error) {
  named_message(2) << what << ": " << describe(error);
  return 1;
}

uint64_t wanted_signals(const Config& config) {
  uint64_t wanted = sys::signal_bit(sys::abi::sigterm) | sys::signal_bit(sys::abi::sigint) |
                    sys::signal_bit(sys::abi::sigquit);               // nginx ends gracefully with SIGQUIT
  if (config.has_site()) wanted |= sys::signal_bit(sys::abi::sighup); // the greeting has nothing to read anew
  return wanted;
}

// The signals that we handle become readable by signalfd. Writing to a client that is gone, or to a log that may not
// grow (ulimit -f), is only an error. Workers inherit the blocked signals, so that a Ctrl-C, which the supervisor
// handles, never ends them.
Result<int> prepare_signals(const Config& config, bool supervises) {
  uint64_t wanted = wanted_signals(config);
  if (supervises) {
    wanted |= sys::signal_bit(sys::abi::sigchld) | sys::signal_bit(sys::abi::sigusr2);
    if (!config.log_file.empty()) wanted |= sys::signal_bit(sys::abi::sigusr1);
    TRY(sys::default_signal(sys::abi::sigchld));
  }
  // SIGUSR1 and SIGUSR2 have a meaning in other servers, so scripts send them. By default they would end the process.
  // A supervisor says at SIGUSR2 what is missing.
  for (int signal : {sys::abi::sigpipe, sys::abi::sigxfsz, sys::abi::sigusr1, sys::abi::sigusr2}) {
    if ((wanted & sys::signal_bit(signal)) == 0) TRY(sys::ignore_signal(signal));
  }
  TRY(sys::block_signals(wanted));
  return sys::signalfd(wanted);
}

// Opens those of the descriptors 0, 1 and 2 that are missing. Otherwise the next file or socket would get such a
// number, and the log would be written into it. The substitute must be writable to poll and must refuse what is
// written, or the log would wait for ever. O_PATH does both (open(2)), and / always exists, even where /dev/null does
// not.
Result<> fill_standard_descriptors() {
  while (true) {
    int fd = TRY(sys::openat(AT_FDCWD, "/", O_PATH));
    if (fd > 2) {
      sys::Fd(fd).close();
      return {};
    }
  }
}

// Whether enough descriptors are left to serve with. It is better to fail now than to refuse every client.
Result<> try_descriptors(int any) {
  std::array<sys::Fd, limits::descriptors_least> spare;
  for (sys::Fd& fd : spare) fd = sys::Fd(TRY(sys::duplicate(any)));
  return {};
}

// Bytes of the stack that the kernel has used before our first instruction, for arguments and environment. The
// program's name is the highest of its strings (getauxval(3), AT_EXECFN).
uint64_t stack_used_at_start(const rt::Start& start) {
  auto bottom = reinterpret_cast<uintptr_t>(start.arguments.data());
  for (const uint64_t* pair = start.auxiliary; pair[0] != AT_NULL; pair += 2) {
    if (pair[0] != AT_EXECFN || pair[1] < bottom) continue;
    return pair[1] - bottom + Text(reinterpret_cast<const char*>(pair[1])).size(); // NOLINT(performance-no-int-to-ptr)
  }
  return 0;
}

// With a smaller stack a request would end its worker: the stack grows up to its limit, and then the kernel sends
// SIGSEGV (setrlimit(2), RLIMIT_STACK).
std::optional<int> check_stack(const rt::Start& start) {
  sys::abi::rlimit64 limit = {};
  if (!sys::get_limit(sys::abi::rlimit_stack, limit).ok()) return {};
  uint64_t needed = limits::stack_bytes + stack_used_at_start(start);
  if (limit.rlim_cur >= needed) return {};
  named_message(2) << "cannot serve with a stack of " << (limit.rlim_cur >> 10) << " KiB: " << ((needed + 1023) >> 10)
                   << " KiB are needed; raise the limit (ulimit -s)";
  return 1;
}

// How many processes serve. Nothing: the options contradict each other, which is reported.
std::optional<uint32_t> count_workers(const Config& config) {
  if (!is_plain(config)) {
    uint64_t wanted = config.workers > 0 ? config.workers : usable_cpus();
    return static_cast<uint32_t>(wanted < limits::workers_max ? wanted : limits::workers_max);
  }
  if (config.workers <= 1) return 1;
  named_message(2) << "--loop plain has one client at a time, and one of --workers";
  return {};
}

// Reads rules and passwords anew. If there is a mistake, load() has reported it, and the old ones stay.
void reload(Setup& setup) {
  if (setup.loader().load(setup.server())) {
    setup.loader().report_reload();
  } else {
    Loader::report_unchanged();
  }
}

// Whether there is a supervisor: a crash must not end a site. The greeting is the case study's: one process, unless
// more are asked for.
bool is_supervised(const Config& config, uint32_t workers, Supervision supervision) {
  if (config.is_secure()) return true; // it minds the key process, too
  return workers > 1 || (supervision == Supervision::standard && config.has_site() && !is_plain(config));
}

// Reads anew in a worker. The supervisor has reported mistakes already, and reports success when all workers are done.
void reload_as_worker(Setup& setup, const WorkerInfo& worker, uint32_t number) {
  Missing missing = worker.shared->keeps.load() != 0 ? Missing::kept : Missing::forgotten;
  bool loaded = setup.loader().load(setup.server(), missing);
  worker.shared->reloaded[worker.number].store(2 * number + (loaded ? 0 : 1));
}

void serve_plain(Setup& setup, int listener, int signals) {
  loop::Handler handler = {.server = setup.server(), .signals = signals};
  while (true) {
    loop::plain(listener, handler);
    if (loop::read_signal(signals) != loop::Signal::reload) return;
    // Either signal had set them, to end the connection.
    setup.server().draining = setup.server().closes_idle = false;
    reload(setup);
  }
}

// Writes what is left in the log. Its reader may be slow for a moment, or another worker may hold the lock.
void write_last_lines(log::Log& log) {
  for (int i = 0; i < limits::last_lines_tries && (!log.flush() || log.pending()); i++) (void)sys::poll(nullptr, 0, 1);
}

// Serves until the end. worker: in a worker. The first worker that can serve prints the start-up line for all.
int serve_epoll(const Config& config, Setup& setup, Listeners& listeners, loop::Signals& signals,
                const std::optional<WorkerInfo>& worker, tls::Transport* tls) {
  loop::EpollLoop loop(setup.server(), {listeners.data(), config.listen.count}, signals, setup.free_connections(),
                       static_cast<uint32_t>(config.drain_ms), worker ? worker->channel : loop::Channel{}, tls);
  auto prepared = loop.prepare();
  if (!prepared.ok()) return fail("cannot wait for connections"sv, prepared.error());
  Sandbox sandbox(config, setup);
  auto refused = worker ? sandbox.enter_as_worker(worker->shared->refused[worker->number]) : sandbox.enter();
  if (refused) return *refused;
  if (!worker || worker->shared->served.replace(0, 1)) announce(config);
  while (loop.run() == loop::RunResult::reload) {
    if (worker) {
      reload_as_worker(setup, *worker, signals.reloads());
    } else {
      reload(setup);
    }
  }
  write_last_lines(setup.log());
  return 0;
}

// Returns once in the supervisor, when the server has ended, and once in every worker.
int serve_with_workers(const Config& config, Setup& setup, std::span<Listeners> listeners, sys::Fd signals,
                       const Notifier& notifier, KeyProcess* keys, tls::Transport* tls) {
  Supervisor supervisor(config, setup, listeners, signals.number(), notifier, keys);
  auto started = supervisor.prepare();
  if (started.ok()) {
    if (auto status = Sandbox(config, setup).enter_as_supervisor()) return *status;
    started = supervisor.start();
  }
  if (!started.ok()) {
    named_message(2) << "cannot start workers: " << why_no_worker(started.error())
                     << "; --loop plain serves without any";
    return 1;
  }
  if (!supervisor.worker()) {
    if (auto status = supervisor.run()) return *status;
  }
  signals.close(); // this one is the supervisor's
  if constexpr (has_tls) {
    if (auto status = prepare_secure_worker()) return *status;
  }
  auto own = sys::signalfd(wanted_signals(config));
  if (!own.ok()) return fail("a worker cannot receive signals"sv, own.error());
  const WorkerInfo& worker = *supervisor.worker();
  loop::Signals shared(own.value(), *worker.shared, worker.number, worker.reloads, worker.retirements,
                       worker.supervisor);
  return serve_epoll(config, setup, listeners[worker.number], shared, worker, tls);
}

} // namespace

int run(Config& config, const rt::Start& start, Supervision supervision) {
  auto filled = fill_standard_descriptors();
  if (!filled.ok()) return fail("cannot start"sv, filled.error());
  if (auto status = launch(config, start)) return *status;
  rt::prepare_output();
  if (auto status = check_stack(start)) return *status;
  if (auto status = take_inherited(config, start)) return *status;
  bool replaces = config.handover >= 0; // then the listeners come from a server that has checked them
  if (!replaces && !check_listeners(config, true)) return 2;
  if (auto status = complete_addresses(config)) return *status;
  auto workers = count_workers(config);
  if (!workers) return 2;
  std::array<Listeners, limits::workers_max> listeners;
  if (config.handover >= 0) {
    if (auto status = receive_listeners(config, listeners, *workers)) return *status;
  }
  if (auto status = open_unix_listeners(config)) return *status;
  KeyProcess* keys = nullptr;
  if constexpr (has_tls) {
    if (auto status = start_tls(config, *workers, keys)) return *status;
  }
  if (auto status = become_user(config)) return *status;
  if (auto status = open_log_file(config)) return *status;
  bool supervised = is_supervised(config, *workers, supervision);
  Notifier notifier(start);
  auto prepared = prepare_signals(config, supervised);
  if (!prepared.ok()) return fail("cannot receive signals"sv, prepared.error());
  sys::Fd signals(prepared.value());
  config.log_on_terminal = sys::is_terminal(1);
  Setup setup;
  if (auto status = setup.prepare(config, start, 2, *workers)) return *status;
  tls::Transport* tls = nullptr;
  if constexpr (has_tls) {
    if (auto status = prepare_tls(config, setup, tls)) return *status;
  }
  if (auto status = listen_all(config, {listeners.data(), *workers})) return *status;
#ifdef MINHTTP_TLS
  setup.server().context.options.https_port = config.https_port;
#endif
  auto enough = try_descriptors(signals.number());
  if (!enough.ok()) return fail("cannot serve anybody"sv, enough.error());
  setup.report_scarce(config);
  if (supervised) {
    return serve_with_workers(config, setup, {listeners.data(), *workers}, static_cast<sys::Fd&&>(signals), notifier,
                              keys, tls);
  }
  if (!is_plain(config)) {
    if (metrics::Shared* metrics = setup.metrics()) (*metrics)[metrics::ServerCount::workers].store(1);
    loop::Signals own(signals.number());
    return serve_epoll(config, setup, listeners[0], own, {}, tls);
  }
  if (auto status = Sandbox(config, setup).enter()) return *status;
  announce(config);
  notifier.ready();
  serve_plain(setup, listeners[0][0].number(), signals.number());
  write_last_lines(setup.log());
  return 0;
}

} // namespace minhttp::app
