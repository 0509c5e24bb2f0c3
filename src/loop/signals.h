// SPDX-License-Identifier: MIT
#pragma once
// What a signal means to us.

#include "loop/shared_state.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minhttp::loop {

enum class Signal : uint8_t { none, end, leave, reload, child };

// SIGHUP has two meanings: somebody sent it, and wants the rules to be read anew; or the
// terminal is gone (the kernel sent it, and says so), and who was started there ends with it.
inline Signal read_signal(int signals) {
  signalfd_siginfo info = {};
  if (!sys::read(signals, &info, sizeof info).ok()) return Signal::none;
  if (info.ssi_signo == sys::abi::sigchld) return Signal::child;
  bool sent = info.ssi_signo == sys::abi::sighup && info.ssi_code != sys::abi::si_kernel;
  return sent ? Signal::reload : Signal::end;
}

// Where a loop hears what it should do. Without a supervisor that is the signals themselves. A
// worker takes them for a bell, and looks into the orders.
class Signals {
 public:
  explicit Signals(int fd) : fd_(fd) {}

  // reloads: those that were done before this worker was made; leaves: of its number, likewise.
  // supervisor: its process.
  Signals(int fd, SharedState& shared, uint32_t number, uint32_t reloads, uint32_t leaves, int supervisor)
      : fd_(fd), shared_(&shared), number_(number), reloads_(reloads), leaves_(leaves), supervisor_(supervisor) {}

  int fd() const { return fd_; }
  uint32_t reloads() const { return reloads_; }
  bool supervised() const { return shared_ != nullptr; }

  // Of a worker: its loop turns. The supervisor replaces one that stops saying so.
  void beat() {
    SharedWord& beats = shared_->beats[number_];
    beats.store(beats.load() + 1);
  }

  // The next thing to do; to be called until there is none.
  Signal read() {
    if (shared_ == nullptr) return read_signal(fd_);
    do {
      if (ends_ < shared_->ends.load()) {
        ends_++;
        return Signal::end;
      }
      if (leaves_ != shared_->leaves[number_].load()) {
        leaves_ = shared_->leaves[number_].load();
        return Signal::leave;
      }
      if (reloads_ != shared_->reloads.load()) {
        reloads_ = shared_->reloads.load();
        return Signal::reload;
      }
      if (!orphan_ && sys::getppid() != supervisor_) {
        orphan_ = true; // who was killed gives no orders; the kernel has rung (sys::end_with_parent)
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
  uint32_t reloads_ = 0;
  uint32_t leaves_ = 0;
  int supervisor_ = 0;
  bool orphan_ = false;
};

} // namespace minhttp::loop
