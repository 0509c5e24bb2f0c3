// SPDX-License-Identifier: MIT
#pragma once
// Waiting: epoll, poll, signals as descriptors.

#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::sys {

// epoll_create1(2).
inline Result<int> epoll_create() { return call<int>(Call::epoll_create1, EPOLL_CLOEXEC); }

// epoll_ctl(2), EPOLL_CTL_ADD.
inline Result<> epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
  epoll_event event = {.events = events, .data = data};
  return call(Call::epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event);
}

// epoll_ctl(2), EPOLL_CTL_MOD.
inline Result<> epoll_change(int epoll, int fd, uint32_t events, uint64_t data) {
  epoll_event event = {.events = events, .data = data};
  return call(Call::epoll_ctl, epoll, EPOLL_CTL_MOD, fd, &event);
}

// epoll_ctl(2), EPOLL_CTL_DEL. The event is ignored, but before Linux 2.6.9 it must not be null.
inline Result<> epoll_remove(int epoll, int fd) {
  epoll_event event = {};
  return call(Call::epoll_ctl, epoll, EPOLL_CTL_DEL, fd, &event);
}

// epoll_pwait(2): returns how many events were written. timeout_ms -1 waits for ever.
inline Result<int> epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return call<int>(Call::epoll_pwait, epoll, events, count, timeout_ms, nullptr, abi::signal_set_bytes);
}

// ppoll(2): returns how many of fds have something to report. timeout_ms -1 waits for ever.
inline Result<int> poll(pollfd* fds, size_t count, int timeout_ms) {
  __kernel_timespec time = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1'000'000LL};
  return call<int>(Call::ppoll, fds, count, timeout_ms < 0 ? nullptr : &time, nullptr, abi::signal_set_bytes);
}

constexpr uint64_t signal_bit(int signal) { return uint64_t{1} << (signal - 1); }

// struct sigaction of rt_sigaction(2). x86-64 has a restorer before the mask, in which nothing is set; the other
// architectures have the mask there.
struct SignalAction {
  uintptr_t handler; // 0 is SIG_DFL, 1 SIG_IGN
  unsigned long flags;
  uintptr_t restorer_or_mask[2];
};

inline Result<> set_signal(int signal, const SignalAction& action) {
  return call(Call::rt_sigaction, signal, &action, nullptr, abi::signal_set_bytes);
}

// rt_sigaction(2), SA_SIGINFO: for a handler that never returns.
inline Result<> handle_signal(int signal, void (*handler)(int, const void* info, void*)) {
  auto address = reinterpret_cast<uintptr_t>(handler);
#ifdef __x86_64__
  return set_signal(signal, {address, abi::sa_siginfo | abi::sa_restorer, {address, 0}});
#else
  return set_signal(signal, {address, abi::sa_siginfo, {}});
#endif
}

// Ignores the signal.
inline Result<> ignore_signal(int signal) { return set_signal(signal, {1, 0, {}}); }

// Restores the default action. A parent may have ignored SIGCHLD, which is inherited: then the kernel would reap
// children itself, and their exit status would be lost (wait(2)).
inline Result<> default_signal(int signal) { return set_signal(signal, {0, 0, {}}); }

// rt_sigprocmask(2), SIG_BLOCK. A blocked signal waits in the signalfd. That holds for process 1 too, which gets no
// signal that has neither a handler nor a block.
inline Result<> block_signals(uint64_t set) {
  return call(Call::rt_sigprocmask, abi::sig_block, &set, nullptr, abi::signal_set_bytes);
}

// Whether the eight bytes at that address can be read: rt_sigprocmask(2) reads a set there (EFAULT), and then refuses
// what it is asked to do with it (EINVAL). Bytes behind the end of a mapped file cannot: who reads them gets SIGBUS.
inline bool can_read(const char* at) {
  constexpr int nothing = -1; // not SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK
  return call(Call::rt_sigprocmask, nothing, at, nullptr, abi::signal_set_bytes).is(Errno::EINVAL_);
}

// signalfd(2).
inline Result<int> signalfd(uint64_t set) {
  return call<int>(Call::signalfd4, -1, &set, abi::signal_set_bytes, SFD_CLOEXEC | SFD_NONBLOCK);
}

} // namespace minhttp::sys
