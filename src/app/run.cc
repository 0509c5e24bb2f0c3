// SPDX-License-Identifier: MIT
// A tour: descriptors, the user, signals, everything that the options ask for (setup.cc), and
// listeners are prepared in that order, each with its own message. Where a site is served, or there
// are to be several workers, supervisor.cc makes them, and each comes back here. Then the sandbox is
// closed, and a loop takes over. After that nothing is allocated any more.

#include "app/run.h"

#include <linux/auxvec.h>

#include "app/announce.h"
#include "app/cpus.h"
#include "app/listeners.h"
#include "app/message.h"
#include "app/sandbox.h"
#include "app/setup.h"
#include "app/supervisor.h"
#include "app/user.h"
#include "loop/epoll.h"
#include "loop/plain.h"
#include "loop/plain_talk.h"
#include "loop/signals.h"
#include "rt/output.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int fail(Text what, Errno error) {
  Message(2) << "minhttp: " << what << ": " << words(error);
  return 1;
}

uint64_t wanted_signals(const Config& config) {
  uint64_t wanted = sys::signal_bit(sys::abi::sigterm) | sys::signal_bit(sys::abi::sigint) |
                    sys::signal_bit(sys::abi::sigquit);               // nginx ends gracefully with SIGQUIT
  if (config.has_site()) wanted |= sys::signal_bit(sys::abi::sighup); // the greeting has nothing to read anew
  return wanted;
}

// What we hear becomes readable; writing to a client that is gone, or to a log that may not grow
// (ulimit -f), is an error only. Workers inherit what is blocked, so they never end by a Ctrl-C
// that is their supervisor's to hear.
Result<int> prepare_signals(const Config& config, bool supervises) {
  uint64_t wanted = wanted_signals(config);
  if (supervises) {
    wanted |= sys::signal_bit(sys::abi::sigchld);
    TRY(sys::default_signal(sys::abi::sigchld));
  }
  // SIGUSR1 and SIGUSR2 mean something to other servers, so scripts send them; the default is to end.
  for (int signal : {sys::abi::sigpipe, sys::abi::sigxfsz, sys::abi::sigusr1, sys::abi::sigusr2}) {
    TRY(sys::ignore_signal(signal));
  }
  TRY(sys::block_signals(wanted));
  return sys::signalfd(wanted);
}

// Descriptors 0, 1 and 2 are ours alone to use: where one is missing, the next file that is
// opened would take its place, and the log would go into a socket. What stands there instead has
// to be writable to poll, and to refuse what is written, or the log would wait for ever. O_PATH
// is so (open(2)), and there is always a root, also where there is no /dev/null.
Result<> fill_standard_descriptors() {
  while (true) {
    int fd = TRY(sys::openat(AT_FDCWD, "/", O_PATH));
    if (fd > 2) {
      sys::Fd(fd).close();
      return {};
    }
  }
}

// Are there enough left to serve with? Better to say so now than to every client.
Result<> try_descriptors(int any) {
  std::array<sys::Fd, limits::descriptors_least> spare;
  for (sys::Fd& fd : spare) fd = sys::Fd(TRY(sys::duplicate(any)));
  return {};
}

// Bytes of the stack that the kernel has used before our first instruction: arguments and
// environment. The program's name is the highest of its texts (getauxval(3), AT_EXECFN).
uint64_t stack_used_at_start(const rt::Start& start) {
  auto bottom = reinterpret_cast<uintptr_t>(start.arguments.data());
  for (const uint64_t* pair = start.auxiliary; pair[0] != AT_NULL; pair += 2) {
    if (pair[0] != AT_EXECFN || pair[1] < bottom) continue;
    return pair[1] - bottom + Text(reinterpret_cast<const char*>(pair[1])).size(); // NOLINT(performance-no-int-to-ptr)
  }
  return 0;
}

// With less a request would end its worker: the stack grows until its limit, and then the kernel
// sends SIGSEGV (setrlimit(2), RLIMIT_STACK).
std::optional<int> check_stack(const rt::Start& start) {
  sys::abi::rlimit64 limit = {};
  if (!sys::get_limit(sys::abi::rlimit_stack, limit).ok()) return {};
  uint64_t needed = limits::stack_bytes + stack_used_at_start(start);
  if (limit.rlim_cur >= needed) return {};
  Message(2) << "minhttp: cannot serve with a stack of " << (limit.rlim_cur >> 10)
             << " KiB: " << ((needed + 1023) >> 10) << " KiB are needed; raise the limit (ulimit -s)";
  return 1;
}

// How many processes serve. Nothing: the options contradict each other, and that is said.
std::optional<uint32_t> count_workers(const Config& config) {
  if (!is_plain(config)) {
    uint64_t wanted = config.workers > 0 ? config.workers : usable_cpus();
    return static_cast<uint32_t>(wanted < limits::workers_max ? wanted : limits::workers_max);
  }
  if (config.workers <= 1) return 1;
  Message(2) << "minhttp: --loop plain has one client at a time, and one of --workers";
  return {};
}

// Rules and passwords anew; what is wrong with them has been said, and the old ones stay.
void reload(Setup& setup) {
  if (setup.loader().load(setup.server())) {
    setup.loader().say_read_anew();
  } else {
    Loader::say_unchanged();
  }
}

// A crash is not the end of a site. The greeting is the case study's: one process, unless more are asked for.
bool is_supervised(const Config& config, uint32_t workers, Supervision supervision) {
  return workers > 1 || (supervision == Supervision::standard && config.has_site() && !is_plain(config));
}

// The supervisor has said it already, or will when all have answered.
void reload_as_worker(Setup& setup, const WorkerInfo& worker, uint32_t number) {
  Missing missing = worker.shared->keeps.load() != 0 ? Missing::kept : Missing::forgotten;
  bool loaded = setup.loader().load(setup.server(), missing);
  worker.shared->reloaded[worker.number].store(2 * number + (loaded ? 0 : 1));
}

void serve_plain(Setup& setup, int listener, int signals) {
  loop::Handler talk = {.server = setup.server(), .signals = signals};
  while (true) {
    loop::plain(listener, talk);
    if (loop::read_signal(signals) != loop::Signal::reload) return;
    setup.server().draining = false; // for either signal the client made way
    reload(setup);
  }
}

// Their reader may be slow for a moment, or it is another worker's turn.
void write_last_lines(log::Log& log) {
  for (int i = 0; i < limits::last_lines_tries && (!log.flush() || log.pending()); i++) (void)sys::poll(nullptr, 0, 1);
}

// Serves until the end. post: of a worker. The first that can serve says so, for all.
int serve_epoll(const Config& config, Setup& setup, Listeners& listeners, loop::Signals& signals,
                const std::optional<WorkerInfo>& worker) {
  loop::EpollLoop loop(setup.server(), {listeners.data(), config.listen.count}, signals, setup.free_connections(),
                       static_cast<uint32_t>(config.drain_ms), worker ? worker->channel : loop::Channel{});
  auto prepared = loop.prepare();
  if (!prepared.ok()) return fail("cannot wait for connections", prepared.error());
  Sandbox sandbox(config, setup);
  auto refused = worker ? sandbox.close_worker(worker->shared->refused[worker->number]) : sandbox.close();
  if (refused) return *refused;
  if (!worker || worker->shared->served.replace(0, 1)) announce(config);
  while (loop.run() == loop::Ended::reload) {
    if (worker) {
      reload_as_worker(setup, *worker, signals.reloads());
    } else {
      reload(setup);
    }
  }
  write_last_lines(setup.log());
  return 0;
}

// Comes back once in the supervisor, when all is over, and once in every worker.
int serve_with_workers(const Config& config, Setup& setup, std::span<Listeners> listeners, sys::Fd signals) {
  Supervisor supervisor(config, setup, listeners, signals.number());
  auto started = supervisor.prepare();
  if (started.ok()) {
    if (auto status = Sandbox(config, setup).close_supervisor()) return *status;
    started = supervisor.start();
  }
  if (!started.ok()) {
    Message(2) << "minhttp: cannot start workers: " << why_no_worker(started.error())
               << "; --loop plain serves without any";
    return 1;
  }
  if (!supervisor.worker()) {
    if (auto status = supervisor.run()) return *status;
  }
  signals.close(); // the supervisor's
  auto own = sys::signalfd(wanted_signals(config));
  if (!own.ok()) return fail("a worker cannot receive signals", own.error());
  const WorkerInfo& worker = *supervisor.worker();
  loop::Signals shared(own.value(), *worker.shared, worker.number, worker.reloads, worker.leaves, worker.supervisor);
  return serve_epoll(config, setup, listeners[worker.number], shared, worker);
}

} // namespace

int run(Config& config, const rt::Start& start, Supervision supervision) {
  auto filled = fill_standard_descriptors();
  if (!filled.ok()) return fail("cannot start", filled.error());
  rt::prepare_output();
  if (auto status = check_stack(start)) return *status;
  if (auto status = become_user(config)) return *status;
  auto workers = count_workers(config);
  if (!workers) return 2;
  bool supervised = is_supervised(config, *workers, supervision);
  auto prepared = prepare_signals(config, supervised);
  if (!prepared.ok()) return fail("cannot receive signals", prepared.error());
  sys::Fd signals(prepared.value());
  Setup setup;
  if (auto status = setup.prepare(config, start, 2, *workers)) return *status;
  std::array<Listeners, limits::workers_max> listeners;
  if (auto status = listen_all(config, {listeners.data(), *workers})) return *status;
  auto enough = try_descriptors(signals.number());
  if (!enough.ok()) return fail("cannot serve anybody", enough.error());
  setup.say_what_is_scarce(config);
  if (supervised) {
    return serve_with_workers(config, setup, {listeners.data(), *workers}, static_cast<sys::Fd&&>(signals));
  }
  if (!is_plain(config)) {
    loop::Signals own(signals.number());
    return serve_epoll(config, setup, listeners[0], own, {});
  }
  if (auto status = Sandbox(config, setup).close()) return *status;
  announce(config);
  serve_plain(setup, listeners[0][0].number(), signals.number());
  write_last_lines(setup.log());
  return 0;
}

} // namespace minhttp::app
