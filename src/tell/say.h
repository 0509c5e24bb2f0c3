#pragma once
// A line of our own to standard error, while clients are served.

#include <string_view>

#include "sys/file.h"
#include "tell/writable.h"

namespace minhttp::tell {

// line: with its end, at most limits::log_write_max bytes. Lost where its reader is slow: nobody waits for it.
inline void say(std::string_view line) {
  constexpr int standard_error = 2;
  if (writable(standard_error)) (void)sys::write(standard_error, line.data(), line.size());
}

} // namespace minhttp::tell
