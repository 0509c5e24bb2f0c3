// SPDX-License-Identifier: MIT
#pragma once
// Tells a service manager how the server is doing (sd_notify(3)), without its library.

#include <string_view>

#include "rt/start.h"
#include "sys/fd.h"

namespace minhttp::app {

class Notifier {
 public:
  // Connects to the socket that NOTIFY_SOCKET names. Without that variable, or where nobody listens there, nothing is
  // ever sent. Reads WATCHDOG_USEC too.
  explicit Notifier(const rt::Start& start);

  // Never waits: a message that the manager does not take is lost, as with sd_notify(3).
  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void reloading(int64_t monotonic_ns) const; // then ready() again, whether it was a success or not
  void alive() const { send("WATCHDOG=1"); }

  // How often alive() is wanted, in milliseconds: half of the time that the manager waits. 0: never.
  int64_t watchdog_ms() const { return watchdog_ms_; }

 private:
  void send(std::string_view text) const;

  sys::Fd socket_;
  int64_t watchdog_ms_ = 0;
};

} // namespace minhttp::app
