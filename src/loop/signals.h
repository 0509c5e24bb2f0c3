#pragma once
// What a signal means to us.

#include "sys/event.h"
#include "sys/file.h"

namespace minhttp::loop {

enum class Signal : uint8_t { none, end, reload };

// SIGHUP has two meanings: somebody sent it, and wants the rules to be read anew; or the
// terminal is gone (the kernel sent it, and says so), and who was started there ends with it.
inline Signal read_signal(int signals) {
  signalfd_siginfo info = {};
  if (!sys::read(signals, &info, sizeof info).ok()) return Signal::none;
  bool sent = info.ssi_signo == sys::abi::sighup && info.ssi_code != sys::abi::si_kernel;
  return sent ? Signal::reload : Signal::end;
}

} // namespace minhttp::loop
