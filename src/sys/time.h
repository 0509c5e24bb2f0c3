// SPDX-License-Identifier: MIT
#pragma once
// Clocks.

#include "sys/abi.h"
#include "sys/call.h"

namespace minhttp::sys {

// clock_gettime(2), nanoseconds; clock: CLOCK_MONOTONIC or CLOCK_REALTIME, which never fail.
inline int64_t clock_ns(int clock) {
  __kernel_timespec time = {};
  (void)call(Call::clock_gettime, clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

} // namespace minhttp::sys
