#pragma once
// May this be written to, without waiting for whoever reads it?

#include "sys/event.h"

namespace minhttp::tell {

// poll says "writable" of a pipe when PIPE_BUF bytes fit, so that a write of as many never
// blocks (pipe(7)). O_NONBLOCK would be simpler, but it belongs to the open file, which
// the shell and other programs share with us. What takes nothing at all, a full disk or a pipe
// without a reader, is writable: the write says so.
inline bool writable(int fd) {
  pollfd query = {.fd = fd, .events = POLLOUT, .revents = 0};
  auto ready = sys::poll(&query, 1, 0);
  return ready.ok() && ready.value() > 0;
}

} // namespace minhttp::tell
