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

// clock_nanosleep(2); a signal may end it early.
inline void sleep_ms(uint32_t ms) {
  __kernel_timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000LL};
  (void)call(Call::clock_nanosleep, abi::clock_monotonic, 0, &time, nullptr);
}

} // namespace minhttp::sys
