// SPDX-License-Identifier: MIT
// A tour: launch() forks the first server; Launcher::run() then passes signals on to the server, and replaces it at
// SIGUSR2: begin_upgrade() executes the new one, finish_upgrade() tells the old one to drain once the new one is
// ready, and on_exit() reports a new one that has ended before.

#include "app/launcher.h"

#include <linux/auxvec.h>

#include "app/control.h"
#include "app/environment.h"
#include "app/inherited.h"
#include "app/message.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/time.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr char variable[] = "MINHTTP_LAUNCHER=";

int64_t clock_ms() { return sys::clock_ns(sys::abi::clock_monotonic) / 1'000'000; }

uint64_t all_signals() {
  uint64_t set = 0;
  for (int signal : {sys::abi::sigterm, sys::abi::sigint, sys::abi::sigquit, sys::abi::sighup, sys::abi::sigusr1,
                     sys::abi::sigusr2, sys::abi::sigchld}) {
    set |= sys::signal_bit(signal);
  }
  return set;
}

// The path of this executable, as it was executed (getauxval(3), AT_EXECFN).
const char* path_of(const rt::Start& start) {
  for (const uint64_t* pair = start.auxiliary; pair[0] != AT_NULL; pair += 2) {
    if (pair[0] == AT_EXECFN) return reinterpret_cast<const char*>(pair[1]); // NOLINT(performance-no-int-to-ptr)
  }
  return start.arguments[0];
}

// Replaces this process by a new server.
[[gnu::noinline]] void execute(const rt::Start& start, int control, int handover) {
  char text[64];
  Writer out({text, sizeof text - 1});
  out.text(variable).decimal(static_cast<uint64_t>(control)).byte(':').decimal(static_cast<uint64_t>(handover));
  text[out.size()] = '\0';
  const char* environment[limits::environment_max + 2];
  size_t count = 0;
  for (const char* const* entry = start.environment; *entry != nullptr && count < limits::environment_max; entry++) {
    if (!starts_with(Text(*entry), variable)) environment[count++] = *entry;
  }
  environment[count++] = text;
  environment[count] = nullptr;
  (void)sys::open_after_exec(control);
  (void)sys::open_after_exec(handover);
  auto failed = sys::execute(path_of(start), start.arguments.data(), environment);
  named_message(2) << "cannot execute " << path_of(start) << ": " << describe(failed.error());
}

class Launcher {
 public:
  Launcher(const rt::Start& start, int signals, sys::Fd control, int process)
      : start_(start), signals_(signals), control_(static_cast<sys::Fd&&>(control)), process_(process) {}

  int run() {
    while (process_ != 0 || old_ != 0 || new_ != 0) {
      pollfd queries[] = {{.fd = signals_, .events = POLLIN, .revents = 0},
                          {.fd = new_control_.number(), .events = POLLIN, .revents = 0}};
      int64_t wait_ms = new_ == 0 ? -1 : late_ms_ - clock_ms();
      (void)sys::poll(queries, new_ == 0 ? 1 : 2, static_cast<int>(wait_ms < -1 ? 0 : wait_ms));
      while (handle_signal()) {
      }
      reap();
      if (new_ != 0 && read_ready(new_control_.number())) finish_upgrade();
      if (new_ != 0 && late_ms_ <= clock_ms()) (void)sys::kill(new_, sys::abi::sigkill);
    }
    return status_;
  }

 private:
  // False: there is none.
  bool handle_signal() {
    signalfd_siginfo info = {};
    if (!sys::read(signals_, &info, sizeof info).ok()) return false;
    auto signal = static_cast<int>(info.ssi_signo);
    if (signal == sys::abi::sigchld) return true;
    if (signal == sys::abi::sigusr2) {
      begin_upgrade();
      return true;
    }
    // At the end of its terminal, SIGHUP is the order to end (loop/signals.h).
    bool reloads = signal == sys::abi::sighup && info.ssi_code != sys::abi::si_kernel;
    auto order = reloads                       ? Control::Order::reload
                 : signal == sys::abi::sigusr1 ? Control::Order::reopen
                                               : Control::Order::end;
    for (const sys::Fd* control : {&control_, &new_control_, &old_control_}) {
      if (control->open() && (control != &old_control_ || order == Control::Order::end))
        send_order(control->number(), order);
    }
    return true;
  }

  void begin_upgrade() {
    if (new_ != 0 || process_ == 0) {
      if (new_ != 0) named_message(2) << "SIGUSR2: another server is starting already";
      return;
    }
    int control[2] = {};
    int handover[2] = {};
    auto made = sys::socketpair(control);
    if (made.ok()) made = sys::socketpair(handover);
    if (!made.ok()) return report_failure(describe(made.error()));
    sys::Fd ends[] = {sys::Fd(control[0]), sys::Fd(control[1]), sys::Fd(handover[0]), sys::Fd(handover[1])};
    auto forked = sys::fork();
    if (!forked.ok()) return report_failure(describe(forked.error()));
    if (forked.value() == 0) {
      execute(start_, control[1], handover[1]);
      sys::exit(1);
    }
    new_ = forked.value();
    new_control_ = static_cast<sys::Fd&&>(ends[0]);
    late_ms_ = clock_ms() + limits::upgrade_ms;
    order_send_listeners(control_.number(), ends[2].number());
  }

  void finish_upgrade() {
    send_order(control_.number(), Control::Order::drain);
    named_message(2) << "process " << static_cast<uint64_t>(new_) << " has taken over from "
                     << static_cast<uint64_t>(process_);
    old_ = process_;
    process_ = new_;
    old_control_ = static_cast<sys::Fd&&>(control_);
    control_ = static_cast<sys::Fd&&>(new_control_);
    new_ = 0;
  }

  static void report_failure(Text why) {
    named_message(2) << "SIGUSR2: the upgrade has failed: " << why << "; the running server goes on";
  }

  void reap() {
    while (true) {
      int status = 0;
      auto ended = sys::reap(status);
      if (!ended.ok() || ended.value() == 0) return;
      on_exit(ended.value(), status);
    }
  }

  void on_exit(int process, int status) {
    if (process == new_) {
      new_ = 0;
      new_control_.close();
      report_failure(late_ms_ <= clock_ms() ? "the new server was not ready in time"sv : "the new server has ended"sv);
    } else if (process == old_) {
      old_ = 0;
      old_control_.close();
    } else if (process == process_) {
      process_ = 0;
      status_ = (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff;
      if (old_ != 0) send_order(old_control_.number(), Control::Order::end);
    }
  }

  const rt::Start& start_;
  int signals_;
  sys::Fd control_; // to the server
  int process_;     // the server
  int old_ = 0;     // the one before, which finishes its responses; one before that ends within --drain-ms
  int new_ = 0;     // the one that starts; 0: there is none
  sys::Fd new_control_;
  sys::Fd old_control_;
  int64_t late_ms_ = 0; // when the new one is killed
  int status_ = 0;
};

// "C:L", two descriptors. False: that is not what the launcher has set.
bool read_variable(Config& config, Text value) {
  auto control = parse_decimal(take_until(value, ':'));
  auto handover = parse_decimal(value);
  if (!control || !handover || *control > INT32_MAX || *handover > INT32_MAX) return false;
  config.control = static_cast<int>(*control);
  config.handover = static_cast<int>(*handover);
  return sys::close_on_exec(config.control).ok() && sys::close_on_exec(config.handover).ok();
}

} // namespace

std::optional<int> launch(Config& config, const rt::Start& start) {
  if (!config.upgrade) return {};
  if (Text value = environment_variable(start, "MINHTTP_LAUNCHER"sv); !value.empty()) {
    if (read_variable(config, value)) return {};
    named_message(2) << "MINHTTP_LAUNCHER is for minhttp itself";
    return 2;
  }
  uint64_t signals = all_signals();
  int ends[2] = {};
  auto prepared = sys::block_signals(signals);
  if (prepared.ok()) prepared = sys::default_signal(sys::abi::sigchld);
  if (prepared.ok()) prepared = sys::socketpair(ends);
  auto fd = sys::signalfd(signals);
  auto forked = prepared.ok() && fd.ok() ? sys::fork() : Result<int>(prepared.ok() ? fd.error() : prepared.error());
  if (!forked.ok()) {
    named_message(2) << "--upgrade: cannot start the server: " << describe(forked.error());
    return 1;
  }
  sys::Fd launcher_end(ends[0]);
  sys::Fd server_end(ends[1]);
  sys::Fd own_signals(fd.value());
  if (forked.value() != 0) {
    server_end.close();
    close_inherited(start);
    return Launcher(start, own_signals.number(), static_cast<sys::Fd&&>(launcher_end), forked.value()).run();
  }
  config.control = server_end.release();
  return {};
}

} // namespace minhttp::app
