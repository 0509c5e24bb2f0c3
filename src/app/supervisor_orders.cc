// SPDX-License-Identifier: MIT
// Another part of app/supervisor.cc: the orders to end and to drain, and what the launcher orders.

#include "app/log_file.h"
#include "app/message.h"
#include "app/supervisor.h"
#include "sys/process.h"

namespace minhttp::app {

// SIGTERM. With --drain-delay the server first says in each response that the connection ends, and that it is not
// ready, so that load balancers send no more clients; it ends after that, or at once with the next order.
void Supervisor::order_end(int64_t now_ms) {
  bool waits = config_.drain_delay > 0 && !ending() && end_at_ms_ == INT64_MAX;
  if (!waits) return end(now_ms);
  notifier_.stopping();
  end_at_ms_ = now_ms + static_cast<int64_t>(config_.drain_delay);
  shared_->stage.store(static_cast<uint32_t>(loop::Stage::unready));
  signal_all(sys::abi::sigterm); // a worker looks which order it is
}

// Another server serves with our listeners. No client is refused: that server has the same backlogs.
void Supervisor::drain_replaced(int64_t now_ms) {
  if (ending()) return;
  replaced_ = true;
  shared_->stage.store(static_cast<uint32_t>(loop::Stage::replaced));
  for (Listeners& listeners : listeners_) close_all(listeners);
  signal_all(sys::abi::sigterm);
  reload_ms_ = 0;
  kill_ms_ = now_ms + limits::retired_drain_ms + limits::worker_grace_ms;
}

// SIGUSR1. A worker that is retired writes its last lines to the file that it has.
void Supervisor::reopen_log() {
  if (config_.log_file.empty() || !reopen_log_file(config_)) return;
  for (uint32_t i = 0; i < listeners_.size(); i++) {
    auto sent = loop::send_log_file({.write = channels_[i][0].number()}, 1);
    if (sent.ok()) continue;
    named_message(2) << "worker " << i + 1 << " did not get the new log file: " << describe(sent.error())
                     << "; send SIGUSR1 again";
  }
}

void Supervisor::handle_control(int64_t now_ms) {
  sys::Fd to;
  auto order = control_.read(to);
  switch (order) {
    case Control::Order::none: return;
    case Control::Order::end: order_end(now_ms); break;
    case Control::Order::reload: reload(now_ms, true); break;
    case Control::Order::reopen: reopen_log(); break;
    case Control::Order::send_listeners: send_listeners(to.number(), config_, listeners_); break;
    case Control::Order::drain: drain_replaced(now_ms); break;
  }
}

// Ends the server. No new clients from now on: the workers close their listeners, and so must this process.
void Supervisor::end(int64_t now_ms) {
  ends_++;
  bool announced = end_at_ms_ != INT64_MAX || replaced_;
  end_at_ms_ = INT64_MAX;
  shared_->ends.store(ends_);
  if (ends_ == 1 && !announced) notifier_.stopping();
  for (Listeners& listeners : listeners_) close_all(listeners);
  signal_all(sys::abi::sigterm);
  reload_ms_ = 0;
  int64_t kill_ms = now_ms + (ends_ == 1 ? static_cast<int64_t>(config_.drain_ms) : 0) + limits::worker_grace_ms;
  if (ends_ == 1 || kill_ms < kill_ms_) kill_ms_ = kill_ms; // further orders do not put it off
}

// Kills workers that should have ended by themselves: they are stopped, or hang. False: killing does not help either,
// because one waits in the kernel for a disk.
bool Supervisor::kill_late(int64_t now_ms) {
  if (kills_++ == limits::worker_kills_max) {
    named_message(2) << "some workers have not ended after SIGKILL: they wait for a disk";
    exit_status_ = 1;
    return false;
  }
  signal_all(sys::abi::sigkill);
  kill_ms_ = now_ms + limits::worker_grace_ms;
  return true;
}

} // namespace minhttp::app
