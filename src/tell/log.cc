#include "tell/log.h"

#include "base/bytes.h"
#include "sys/event.h"
#include "sys/file.h"
#include "tables/limits.h"

namespace minhttp::tell {

std::span<char> Log::reserve(size_t size) {
  if (buffer_.size() - used_ < size) flush();
  if (buffer_.size() - used_ < size) {
    lost_++;
    return {};
  }
  return buffer_.subspan(used_, size);
}

// poll says "writable" of a pipe when PIPE_BUF bytes fit, so that a write of as many never
// blocks (pipe(7)). O_NONBLOCK would be simpler, but it belongs to the open file, which
// the shell and other programs share with us.
bool Log::writable() const {
  pollfd query = {.fd = fd_, .events = POLLOUT, .revents = 0};
  auto ready = sys::poll(&query, 1, 0);
  return ready.ok() && ready.value() > 0;
}

void Log::tell_of_loss() {
  constexpr size_t size_max = 64;
  if (lost_ == 0 || buffer_.size() - used_ < size_max) return;
  Writer line(buffer_.subspan(used_));
  line.text("minhttp: log lines dropped: ").decimal(lost_).byte('\n');
  used_ += line.size();
  lost_ = 0;
}

void Log::flush() {
  size_t written = 0;
  while (written < used_ && writable()) {
    size_t left = used_ - written;
    auto result =
        sys::write(fd_, buffer_.data() + written, left < limits::log_write_max ? left : limits::log_write_max);
    if (result.ok()) {
      written += result.value();
    } else if (result.is(Errno::EAGAIN_) || result.is(Errno::EINTR_)) {
      break;
    } else { // closed, broken or full: nobody will read these lines
      for (char c : buffer_.subspan(written, left)) lost_ += c == '\n' ? 1 : 0;
      written = used_;
    }
  }
  if (written > 0) {
    used_ -= written;
    __builtin_memmove(buffer_.data(), buffer_.data() + written, used_);
    tell_of_loss();
  }
}

} // namespace minhttp::tell
