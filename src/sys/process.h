// SPDX-License-Identifier: MIT
#pragma once
// The process itself: memory at start, limits, the end.

#include <cstddef>
#include <span>

#include "sys/abi.h"
#include "sys/call.h"

namespace minhttp::sys {

// mmap(2): zeroed memory. A page is only used once it is touched.
inline Result<std::byte*> map_memory(size_t bytes) {
  return call<std::byte*>(Call::mmap, nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// mmap(2), MAP_FIXED: an access to these bytes of map_memory() raises SIGSEGV from now on. bytes: whole pages.
inline Result<> forbid_memory(std::span<std::byte> bytes) {
  return call(Call::mmap, bytes.data(), bytes.size(), PROT_NONE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

#ifdef MINHTTP_TLS
// mprotect(2): these bytes can only be read in this process from now on, and in those that it forks. bytes: begin at a
// page.
inline Result<> forbid_writing(std::span<std::byte> bytes) {
  return call(Call::mprotect, bytes.data(), bytes.size(), PROT_READ);
}
#endif

// mmap(2): zeroed memory, shared by this process and its children.
inline Result<std::byte*> map_shared_memory(size_t bytes) {
  return call<std::byte*>(Call::mmap, nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

// setrlimit(2): sets the soft and the hard limit.
inline Result<> set_limit(int what, uint64_t most) {
  abi::rlimit64 limit = {.rlim_cur = most, .rlim_max = most};
  return call(Call::prlimit64, 0, what, &limit, nullptr);
}

// getrlimit(2).
inline Result<> get_limit(int what, abi::rlimit64& limit) { return call(Call::prlimit64, 0, what, nullptr, &limit); }

// getrlimit(2) and setrlimit(2) of RLIMIT_NOFILE.
inline Result<> get_descriptor_limit(abi::rlimit64& limit) { return get_limit(abi::rlimit_nofile, limit); }
inline Result<> set_descriptor_limit(const abi::rlimit64& limit) {
  return call(Call::prlimit64, 0, abi::rlimit_nofile, &limit, nullptr);
}

// fcntl(2), F_DUPFD_CLOEXEC.
inline Result<int> duplicate(int fd) { return call<int>(Call::fcntl, fd, F_DUPFD_CLOEXEC, 0); }

// fcntl(2): what an inherited descriptor lacks. O_NONBLOCK counts for all who have the same open file.
inline Result<> close_on_exec(int fd) { return call(Call::fcntl, fd, F_SETFD, FD_CLOEXEC); }
inline Result<> set_nonblocking(int fd) {
  int flags = TRY(call<int>(Call::fcntl, fd, F_GETFL, 0));
  return call(Call::fcntl, fd, F_SETFL, flags | O_NONBLOCK);
}

// fcntl(2): the opposite, for a program that this process is about to execute.
inline Result<> open_after_exec(int fd) { return call(Call::fcntl, fd, F_SETFD, 0); }

// execve(2): both lists end with null. Returns only if it fails.
inline Result<> execute(const char* path, const char* const* arguments, const char* const* environment) {
  return call(Call::execve, path, arguments, environment);
}

// clone(2) as fork(2): returns twice, with 0 in the child, which has a copy of everything, the stack too. All other
// arguments are zero, because their order depends on the architecture.
inline Result<int> fork() { return call<int>(Call::clone, abi::sigchld, 0, 0, 0, 0); }

inline int getpid() { return call<int>(Call::getpid, 0).value(); }   // never fails
inline int getppid() { return call<int>(Call::getppid, 0).value(); } // never fails

// prctl(2), PR_SET_PDEATHSIG: the kernel sends this signal when the parent ends. Call getppid() after it, because a
// parent that had ended before sends nothing. A change of user would undo it.
inline Result<> end_with_parent(int signal) { return call(Call::prctl, PR_SET_PDEATHSIG, signal, 0, 0, 0); }

// prctl(2), PR_SET_NAME: what ps shows, at most 15 bytes.
inline Result<> set_name(const char* name) { return call(Call::prctl, PR_SET_NAME, name, 0, 0, 0); }

// wait4(2), WNOHANG: returns a child that has ended. 0: none has.
inline Result<int> reap(int& status) {
  constexpr int any = -1;
  return call<int>(Call::wait4, any, &status, abi::wnohang, nullptr);
}

// kill(2), for children only.
inline Result<> kill(int process, int signal) { return call(Call::kill, process, signal); }

// sched_getaffinity(2) of this process: returns the bytes written, with a bit for each CPU.
inline Result<size_t> sched_getaffinity(std::span<uint64_t> cpus) {
  return call<size_t>(Call::sched_getaffinity, 0, cpus.size_bytes(), cpus.data());
}

// getrandom(2): fills all of it. At boot it waits until the kernel has gathered enough.
inline Result<> getrandom(void* to, size_t size) {
  size_t count = TRY(call<size_t>(Call::getrandom, to, size, 0));
  if (count < size) return Errno::EIO_; // cannot happen for so few
  return {};
}

[[noreturn]] inline void exit(int status) {
  (void)call(Call::exit_group, status);
  __builtin_unreachable();
}

} // namespace minhttp::sys
