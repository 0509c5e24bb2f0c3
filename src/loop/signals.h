// SPDX-License-Identifier: MIT
#pragma once
// What the signals that arrive ask for.

#include "loop/shared_state.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minhttp::loop {

enum class Signal : uint8_t {
  none,
  end,
  retire, // in a worker: another process takes its number
  reload,
  child,
  upgrade,  // SIGUSR2
  reopen,   // SIGUSR1
  unready,  // in a worker: the server will end soon, and says so in each response
  replaced, // in a worker: another server has the listeners
};

// SIGHUP has two meanings. Sent by a process, it asks to read the rules anew. Sent by the kernel (si_code), it says
// that the terminal is gone, and a program that was started there ends with it.
inline Signal read_signal(int signals) {
  signalfd_siginfo info = {};
  if (!sys::read(signals, &info, sizeof info).ok()) return Signal::none;
  if (info.ssi_signo == sys::abi::sigchld) return Signal::child;
  if (info.ssi_signo == sys::abi::sigusr2) return Signal::upgrade;
  if (info.ssi_signo == sys::abi::sigusr1) return Signal::reopen;
  bool sent = info.ssi_signo == sys::abi::sighup && info.ssi_code != sys::abi::si_kernel;
  return sent ? Signal::reload : Signal::end;
}

// Where a loop gets its orders. Without a supervisor, the signals are the orders. In a worker a signal only says that
// there may be a new order in SharedState.
class Signals {
 public:
  explicit Signals(int fd) : fd_(fd) {}

  // reloads: how many were done before this worker was made; retirements: how many workers of its number were told to
  // retire before. supervisor: its process.
  Signals(int fd, SharedState& shared, uint32_t number, uint32_t reloads, uint32_t retirements, int supervisor)
      : fd_(fd),
        shared_(&shared),
        number_(number),
        reloads_(reloads),
        retirements_(retirements),
        supervisor_(supervisor) {}

  int fd() const { return fd_; }
  uint32_t reloads() const { return reloads_; }
  bool supervised() const { return shared_ != nullptr; }

  // In a worker: the heartbeat. The supervisor replaces a worker whose heartbeat stops.
  void beat() {
    SharedWord& beats = shared_->beats[number_];
    beats.store(beats.load() + 1);
  }

  // The next order. Call it until there is none.
  Signal read() {
    if (shared_ == nullptr) return read_signal(fd_);
    do {
      if (ends_ < shared_->ends.load()) {
        ends_++;
        return Signal::end;
      }
      if (auto stage = static_cast<Stage>(shared_->stage.load()); stage_ != stage) {
        stage_ = stage;
        return stage == Stage::unready ? Signal::unready : Signal::replaced;
      }
      if (retirements_ != shared_->retirements[number_].load()) {
        retirements_ = shared_->retirements[number_].load();
        return Signal::retire;
      }
      if (reloads_ != shared_->reloads.load()) {
        reloads_ = shared_->reloads.load();
        return Signal::reload;
      }
      if (!orphan_ && sys::getppid() != supervisor_) {
        orphan_ = true; // a killed supervisor gives no orders; the kernel has sent a signal (sys::end_with_parent)
        return Signal::end;
      }
    } while (read_signal(fd_) != Signal::none);
    return Signal::none;
  }

 private:
  int fd_;
  SharedState* shared_ = nullptr;
  uint32_t number_ = 0;
  uint32_t ends_ = 0;
  Stage stage_ = Stage::serving;
  uint32_t reloads_ = 0;
  uint32_t retirements_ = 0;
  int supervisor_ = 0;
  bool orphan_ = false;
};

} // namespace minhttp::loop
