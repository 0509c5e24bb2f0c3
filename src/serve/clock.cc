// SPDX-License-Identifier: MIT
#include "serve/clock.h"

#include "base/bytes.h"
#include "sys/time.h"

namespace minhttp::serve {

void Clock::read() {
  int64_t now_ns = sys::clock_ns(sys::abi::clock_monotonic);
  now_ms_ = now_ns / 1'000'000;
  now_us_ = now_ns / 1'000;
  if (now_ns >= second_ends_ns_) set(now_ns, sys::clock_ns(sys::abi::clock_realtime));
}

void Clock::set(int64_t now_ns, int64_t wall_ns) {
  constexpr int64_t second_ns = 1'000'000'000;
  now_ms_ = now_ns / 1'000'000;
  now_us_ = now_ns / 1'000;
  if (wall_ns < 0) wall_ns = 0; // a clock that was never set
  second_ends_ns_ = now_ns + second_ns - wall_ns % second_ns;
  set_seconds(wall_ns / second_ns); // nanoseconds in 63 bits end in 2262: always a date
}

int64_t Clock::exact_us() { return sys::clock_ns(sys::abi::clock_monotonic) / 1'000; }

void Clock::set_seconds(int64_t seconds) {
  seconds_ = seconds;
  http::write_date(seconds, date_);
  http::Civil civil = http::to_civil(seconds);
  Writer iso(iso_date_);
  iso.two_digits(civil.year / 100).two_digits(civil.year % 100).byte('-').two_digits(civil.month).byte('-');
  iso.two_digits(civil.day).byte('T').two_digits(civil.hour).byte(':').two_digits(civil.minute).byte(':');
  iso.two_digits(civil.second).byte('Z');
  Writer out(log_date_);
  out.two_digits(civil.day).byte('/').text(http::month_name(civil.month)).byte('/');
  out.two_digits(civil.year / 100).two_digits(civil.year % 100).byte(':').two_digits(civil.hour).byte(':');
  out.two_digits(civil.minute).byte(':').two_digits(civil.second).text(" +0000");
}

} // namespace minhttp::serve
