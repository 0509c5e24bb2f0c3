// SPDX-License-Identifier: MIT
#pragma once
// What time it is, read once a turn of the loop; the texts of it once a second.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/date.h"

namespace minhttp::serve {

class Clock {
 public:
  // Reads the monotonic clock, and the clock on the wall where its second may have ended.
  void read();
  // It is so late, in nanoseconds: on the monotonic clock, and since 1970.
  void set(int64_t now_ns, int64_t wall_ns);

  int64_t now_ms() const { return now_ms_; } // monotonic
  int64_t now_us() const { return now_us_; }
  // Asks the kernel, in microseconds: for what took less than a turn.
  static int64_t exact_us();
  int64_t seconds() const { return seconds_; } // since 1970, within the range of dates
  std::string_view date() const { return {date_, sizeof date_}; }
  std::string_view iso_date() const { return {iso_date_, sizeof iso_date_}; } // RFC 3339
  std::string_view log_date() const { return {log_date_, sizeof log_date_}; }

 private:
  void set_seconds(int64_t seconds);

  int64_t now_ms_ = 0;
  int64_t now_us_ = 0;
  int64_t second_ends_ns_ = 0; // on the monotonic clock
  int64_t seconds_ = 0;
  char date_[http::date_bytes] = {};
  char iso_date_[20] = {}; // "2026-11-22T18:41:00Z"
  char log_date_[26] = {}; // "22/Nov/2026:18:41:00 +0000"
};

} // namespace minhttp::serve
