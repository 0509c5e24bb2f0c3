// SPDX-License-Identifier: MIT
#include "sim/sweep.h"

#include <asm/unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "sim/names.h"
#include "sim/simulation.h"

namespace minhttp::sim {
namespace {

// The errors that section 2 of the manual lists for each call, if they can happen to us.
std::vector<int> errors_of(long number) {
  switch (number) {
    case __NR_read: return {EINTR, EAGAIN, EIO, ECONNRESET, ETIMEDOUT};
    case __NR_sendto:
    case __NR_sendmsg:
    case __NR_sendfile: return {EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, EIO};
    case __NR_accept4: return {EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOMEM, ENOBUFS};
    case __NR_openat:
    case __NR_openat2: return {EINTR, EAGAIN, EMFILE, ENFILE, ENOMEM, EACCES, EIO, ENOENT};
    case __NR_statx: return {ENOMEM, EIO};
    case __NR_pread64: return {EIO, EINTR};
    case __NR_epoll_ctl: return {ENOMEM, ENOSPC};
    case __NR_epoll_create1:
    case __NR_signalfd4:
    case __NR_fcntl: return {EMFILE, ENFILE, ENOMEM};
    case __NR_epoll_pwait:
    case __NR_ppoll: return {EINTR};
    case __NR_write: return {EINTR, EAGAIN, EPIPE, EIO, ENOSPC};
    case __NR_socket:
    case __NR_listen:
    case __NR_bind: return {EADDRINUSE, EACCES, EMFILE, ENOBUFS};
    case __NR_mmap: return {ENOMEM};
    case __NR_getrandom:
    case __NR_prctl:
    case __NR_capset:
    case __NR_seccomp:
    case __NR_landlock_create_ruleset:
    case __NR_landlock_add_rule:
    case __NR_landlock_restrict_self:
    case __NR_rt_sigaction:
    case __NR_rt_sigprocmask:
    case __NR_getsockname:
    case __NR_setsockopt:
    case __NR_ioctl:
    case __NR_shutdown: return {EPERM, ENOSYS, EINVAL};
    case __NR_close: return {EIO, EINTR};
    default: return {};
  }
}

} // namespace

int sweep() {
  auto expected = ask_oracle();
  uint64_t runs = 0;
  int faults = 0;
  for (const char* loop : {"epoll", "plain", "http2"}) {
    bool http2 = std::string_view(loop) == "http2";
    Plan plan;
    plan.seed = 30;
    plan.arguments = {"--log", "common", "--loop", http2 ? "epoll" : loop};
    if (std::string_view(loop) == "plain") plan.connections = plan.workspaces = 1;
    if (http2) plan.arguments.push_back("--h2c");
    if (http2) plan.h2_sessions = 8;
    for (size_t i = 0; i < 6; i++) {
      const Script& script = scripts()[scripts().size() - 10 + i];
      plan.guests.push_back({&script, Client::Manner::good, static_cast<int64_t>(i) * 1'000'000, http2});
    }
    std::vector<long> numbers;
    Plan first = plan;
    first.note_calls = &numbers;
    Outcome whole = run(first, &expected);
    if (!whole.fault.empty()) throw Broken("without a fault: " + whole.fault);
    for (uint64_t at = 1; at <= numbers.size() && faults < 10; at++) {
      for (int error : errors_of(numbers[at - 1])) {
        plan.fail_call = at;
        plan.fail_error = -error;
        Outcome outcome = run(plan, &expected);
        runs++;
        bool told = outcome.status == 0 || !outcome.standard_error.empty();
        if (outcome.fault.empty() && !told) outcome.fault = "a start that failed without a word";
        if (outcome.fault.empty()) continue;
        faults++;
        printf("%s, call %lu, %s, fails with %d: %s\n", loop, at, name_of(numbers[at - 1]).c_str(), error,
               outcome.fault.c_str());
      }
    }
  }
  printf("%lu runs: %d faults\n", runs, faults);
  return faults == 0 ? 0 : 1;
}

} // namespace minhttp::sim
