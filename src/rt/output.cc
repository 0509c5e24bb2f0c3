// SPDX-License-Identifier: MIT
// O_NONBLOCK belongs to the open file description (open(2)), which the shell and other programs share with us. So a
// pipe or a terminal is opened once more, by its link in /proc: the new description is ours alone, and may have
// O_NONBLOCK. If this is not possible (no /proc, or another user's pipe), poll is asked before each write.

#include "rt/output.h"

#include "base/bytes.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/process.h"
#include "tables/limits.h"

namespace minhttp::rt {
namespace {

enum class Way : uint8_t {
  ask,          // poll reports a pipe as writable when PIPE_BUF bytes fit (pipe(7))
  ask_terminal, // and a terminal when at least one byte fits: few bytes at a time
  socket,       // MSG_DONTWAIT
  direct        // a write does not block: our own description, or a regular file
};

// By descriptor. Entry 0 is for all other descriptors, which only tests use.
constinit Way ways[3] = {};

Way& way_of(int fd) { return ways[fd > 0 && fd < 3 ? fd : 0]; }

bool writable(int fd) {
  pollfd query = {.fd = fd, .events = POLLOUT, .revents = 0};
  auto ready = sys::poll(&query, 1, 0);
  return ready.ok() && ready.value() > 0; // also if the write will fail: then it returns the error
}

// Replaces the inherited description by one of our own. False: not possible.
bool reopen(int fd) {
  char name[] = "/proc/self/fd/0";
  name[sizeof name - 2] = static_cast<char>('0' + fd);
  auto opened = sys::openat(AT_FDCWD, name, O_WRONLY | O_NONBLOCK);
  if (!opened.ok()) return false;
  sys::Fd own(opened.value());
  sys::Fd(fd).close();
  (void)sys::duplicate(own.number()); // takes the lowest free number, which is fd, so it cannot fail
  return true;
}

Way prepare(int fd) {
  struct statx facts = {};
  if (!sys::fstat(fd, facts).ok()) return Way::ask;
  switch (facts.stx_mode & sys::abi::type_mask) {
    case sys::abi::type_pipe: return reopen(fd) ? Way::direct : Way::ask;
    case sys::abi::type_character: return reopen(fd) ? Way::direct : Way::ask_terminal;
    case sys::abi::type_socket: return Way::socket;
    default: return Way::direct;
  }
}

} // namespace

void prepare_output() {
  for (int fd : {1, 2}) way_of(fd) = prepare(fd);
}

void replace_output(sys::Fd&& file) {
  sys::Fd own = static_cast<sys::Fd&&>(file);
  sys::Fd(1).close();
  (void)sys::duplicate(own.number()); // the lowest free number is 1
  ways[1] = Way::direct;
}

void wait_for_reader(int fd) { way_of(fd) = Way::direct; }

size_t write_max(int fd) {
  return way_of(fd) == Way::ask_terminal ? limits::terminal_write_max : limits::log_write_max;
}

Result<size_t> write_without_blocking(int fd, std::string_view text) {
  Way way = way_of(fd);
  size_t size = text.size() < write_max(fd) ? text.size() : write_max(fd);
  // A terminal writes a line's end as two bytes, apart from those before it: in the same call it can find no room
  // (n_tty.c).
  if (way == Way::ask_terminal) {
    size_t line = find(take(text, size), '\n');
    size = line > 0 ? line : 1;
  }
  if (way == Way::socket) return sys::send_at_once(fd, text.data(), size);
  if (way != Way::direct && !writable(fd)) return Errno::EAGAIN_;
  return sys::write(fd, text.data(), size);
}

void print(int fd, std::string_view text) {
  while (!text.empty()) {
    auto written = write_without_blocking(fd, text);
    if (!written.ok() || written.value() == 0) return;
    text.remove_prefix(written.value());
  }
}

} // namespace minhttp::rt
