// SPDX-License-Identifier: MIT
// Raises the sandbox as a worker does, and then tries what a worker never would:
//   victim FENCES SITE ATTEMPT [NUMBER]
// FENCES: calls, files or both; SITE: a directory that may be read; NUMBER: a port, or a process.
// Prints what came of it: "done", or "refused" and the error's number. It may not come to that.

#include <asm/mman.h>
#include <asm/unistd.h>
#include <linux/sched.h>

#include "base/bytes.h"
#include "base/number.h"
#include "guard/filter.h"
#include "guard/guard.h"
#include "loop/listen.h"
#include "rt/stack_guard.h"
#include "rt/start.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "trap.h"

namespace {

using namespace minhttp;
using Text = std::string_view;

long trap(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return arch::trap(number, a, b, c, d, e, f);
}

long address(const void* of) { return reinterpret_cast<long>(of); }

long open(const char* name, uint64_t flags) {
  open_how how = {.flags = flags, .mode = (flags & O_CREAT) != 0 ? 0600U : 0U, .resolve = 0};
  return trap(__NR_openat2, AT_FDCWD, address(name), address(&how), sizeof how);
}

long reach(long call, uint64_t port) {
  long fd = trap(__NR_socket, sys::abi::af_inet, sys::abi::sock_stream, 0);
  if (fd < 0) return fd;
  loop::Address to = loop::one_v4({127, 0, 0, 1}, static_cast<uint16_t>(port));
  return trap(call, fd, address(&to.socket), sizeof to.socket.v4);
}

long map_executable() { return trap(__NR_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

// Writes count bytes into an array of 16, and whatever lies behind it.
[[gnu::noinline]] long overrun(uint64_t count) {
  char line[16];
  volatile char* to = line;
  for (uint64_t i = 0; i < count; i++) to[i] = 'x';
  return to[0] == 'x' ? 0 : -1;
}

struct Attempt {
  Text name;
  Text site; // its index.html
  uint64_t number;

  bool is(Text text) const { return equal(name, text); }

  // What the site is read with, and what files can suffer.
  long of_files() const {
    if (is("read-site")) return open(site.data(), O_RDONLY);
    if (is("overrun-stack")) return overrun(number);
    if (is("read-outside")) return open("/etc/passwd", O_RDONLY);
    if (is("list-outside")) return open("/etc", O_RDONLY | O_DIRECTORY);
    if (is("write-site")) return open(site.data(), O_WRONLY);
    if (is("truncate-site")) return open(site.data(), O_RDONLY | O_TRUNC);
    if (is("create-outside")) return open("/tmp/of-the-victim", O_CREAT | O_RDWR);
    if (is("stat-outside")) {
      struct statx facts = {};
      return trap(__NR_statx, AT_FDCWD, address("/etc/passwd"), 0, STATX_SIZE, address(&facts));
    }
    if (is("path-outside")) return open("/etc/passwd", O_PATH);
    if (is("read-through-a-path")) { // a name is not enough: to read it one has to open it
      long fd = open("/etc/passwd", O_PATH);
      char byte[1];
      return fd < 0 ? fd : trap(__NR_read, fd, address(byte), 1);
    }
    if (is("openat-to-write")) return trap(__NR_openat, AT_FDCWD, address(site.data()), O_WRONLY);
    if (is("unlink")) return trap(__NR_unlinkat, AT_FDCWD, address(site.data()), 0);
    if (is("mkdir")) return trap(__NR_mkdirat, AT_FDCWD, address("/tmp/of-the-victim"), 0700);
    if (is("chmod")) return trap(__NR_fchmodat, AT_FDCWD, address(site.data()), 0777);
    if (is("mount")) return trap(__NR_mount, address("none"), address("/tmp"), address("tmpfs"));
    if (is("write-to-a-file")) return trap(__NR_write, 3, address("x"), 1);
    return of_processes();
  }

  long of_processes() const {
    const char* const arguments[] = {"/bin/true", nullptr};
    if (is("panic")) panic("victim.cc", 1);
    if (is("exec")) return trap(__NR_execve, address(arguments[0]), address(arguments), address(arguments + 1));
    if (is("fork")) return trap(__NR_clone, sys::abi::sigchld);
    if (is("thread")) return trap(__NR_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD);
    if (is("clone3")) return trap(__NR_clone3);
    if (is("kill")) return trap(__NR_kill, static_cast<long>(number), 0);
    if (is("kill-all")) return trap(__NR_kill, -1, 0);
    if (is("ptrace")) return trap(__NR_ptrace, PTRACE_TRACEME);
    if (is("write-memory-of-others")) return trap(__NR_process_vm_writev, static_cast<long>(number));
    if (is("prctl")) return trap(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
    if (is("setuid")) return trap(__NR_setuid, 0);
    if (is("mmap-exec")) return map_executable();
    if (is("mprotect-exec")) return trap(__NR_mprotect, address(&page) & -4096, 4096, PROT_READ | PROT_EXEC);
    return of_the_network();
  }

  long of_the_network() const {
    if (is("connect")) return reach(__NR_connect, number);
    if (is("bind")) return reach(__NR_bind, number);
    if (is("send-to-an-address"))
      return trap(__NR_sendto, 1, address("x"), 1, sys::abi::msg_nosignal, address(&page), 16);
    if (is("send-with-a-signal")) return trap(__NR_sendto, 1, address("x"), 1, 0, 0, 0);
    if (is("accept-for-children")) return trap(__NR_accept4, 3, 0, 0, 0);
    if (is("io_uring")) return trap(__NR_io_uring_setup, 8, address(&page));
    if (is("bpf")) return trap(__NR_bpf, 0, address(&page), 8);
    if (is("unknown-call")) return trap(999);
#ifdef __x86_64__
    if (is("x32")) return trap(__NR_getpid | guard::x32_bit);
    if (is("i386")) {
      long result = 20; // getpid there
      asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
      return result;
    }
#endif
    return -1000;
  }

  static constexpr int PTRACE_TRACEME = 0;
  static inline constinit char page[8192] = {};
};

bool raise_fences(Text fences, const char* directory) {
  bool files = !equal(fences, "calls");
  bool calls = !equal(fences, "files");
  if (!guard::give_up_rights().ok()) return false;
  auto root = sys::openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY);
  if (!root.ok()) return false;
  int roots[] = {root.value()};
  guard::Readable readable = {roots, {}};
  if (files && !guard::limit_files(&readable).ok()) return false;
  constexpr uint16_t phases = guard::EPOLL | guard::SITE | guard::FILES | guard::WORKER;
  return !calls || guard::limit_calls(phases, nullptr).ok();
}

void say(Text what, uint64_t number) {
  char text[64];
  Writer out(text);
  out.text(what);
  if (number != 0) out.byte(' ').decimal(number);
  out.byte('\n');
  (void)sys::write(1, text, out.size());
}

} // namespace

[[gnu::noinline]] static int begin(const minhttp::rt::Start& start) {
  if (start.arguments.size() < 4) return 2;
  char index[4096];
  Writer name(index);
  name.text(start.arguments[2]).text("/index.html").byte(0);
  auto number = start.arguments.size() > 4 ? parse_decimal(start.arguments[4]) : std::optional<uint64_t>(0);
  if (!raise_fences(start.arguments[1], start.arguments[2])) {
    say("no fences", 0);
    return 3;
  }
  Attempt attempt = {start.arguments[3], {index, name.size() - 1}, number.value_or(0)};
  long result = attempt.of_files();
  if (result == -1000) return 2;
  if (result < 0 && result > -4096) {
    say("refused", static_cast<uint64_t>(-result));
  } else {
    say("done", 0);
  }
  return 0;
}

__attribute__((no_stack_protector)) int minhttp_main(const minhttp::rt::Start& start) {
  minhttp::rt::set_stack_guard(start);
  return begin(start);
}
