// SPDX-License-Identifier: MIT
#include "log/log.h"

#include "base/bytes.h"
#include "base/errno_text.h"
#include "rt/output.h"
#include "tables/program.h"

namespace minhttp::log {

std::span<char> Log::reserve(size_t size) {
  if (buffer_.size() - used_ < size) flush();
  if (buffer_.size() - used_ < size) {
    lost_++;
    lost_ever_++;
    return {};
  }
  return buffer_.subspan(used_, size);
}

// Once each time that writing begins to fail; not each time that it begins again and again.
void Log::report_failure(Errno why) {
  bool full = why == Errno::ENOSPC_ || why == Errno::EDQUOT_ || why == Errno::EFBIG_;
  if (!full || failing_) return; // else nobody reads the log any more, which is no fault
  failing_ = true;
  failures_++;
  if ((failures_ & (failures_ - 1)) != 0) return;
  char text[128];
  Writer line(text);
  line.text(MINHTTP_NAME ": cannot write the access log: ").text(describe(why));
  rt::print(2, line.text("; lines are dropped, and counted\n").view());
}

void Log::report_loss() {
  constexpr size_t size_max = 64;
  if (lost_ == 0 || buffer_.size() - used_ < size_max) return;
  Writer line(buffer_.subspan(used_));
  line.text(json_ ? "{\"dropped\":"sv : MINHTTP_NAME ": log lines dropped: "sv)
      .decimal(lost_)
      .text(json_ ? "}\n"sv : "\n"sv);
  used_ += line.size();
  lost_ = 0;
}

// The size of the next write: whole lines, up to PIPE_BUF bytes, which a pipe takes in one piece (pipe(7)). So the
// lines of several writers never mix. Of a longer line, a part.
size_t Log::piece(size_t from) const {
  size_t left = used_ - from;
  size_t most = rt::write_max(fd_);
  if (left <= most) return left;
  size_t size = most;
  while (size > 0 && buffer_[from + size - 1] != '\n') size--;
  return size > 0 ? size : most;
}

bool Log::flush() {
  if (used_ == 0) return true;
  // Between poll and the write no other process may fill the pipe, or the write would block.
  if (lock_ != nullptr && !lock_->take(who_)) return false;
  write_all();
  if (lock_ != nullptr && !in_line_) lock_->give_back(who_);
  return true;
}

void Log::write_all() {
  size_t written = 0;
  if (torn_ && rt::write_without_blocking(fd_, "\n"sv).ok()) torn_ = false;
  while (written < used_) {
    auto result = rt::write_without_blocking(fd_, {buffer_.data() + written, piece(written)});
    if (result.ok()) {
      written += result.value();
    } else if (result.is(Errno::EAGAIN_) || result.is(Errno::EINTR_)) {
      break;
    } else { // closed, broken or full: these lines are lost
      torn_ = written > 0 ? buffer_[written - 1] != '\n' : in_line_ || torn_;
      report_failure(result.error());
      for (char c : buffer_.subspan(written, used_ - written)) lost_ += c == '\n' ? 1 : 0;
      used_ = 0;
      in_line_ = false;
      return;
    }
  }
  if (written > 0) {
    failing_ = false;
    in_line_ = buffer_[written - 1] != '\n';
    used_ -= written;
    __builtin_memmove(buffer_.data(), buffer_.data() + written, used_);
    report_loss();
  }
}

} // namespace minhttp::log
