// SPDX-License-Identifier: MIT
// The filter is run here as the kernel runs it: statement by statement, on what a call would bring.

#include "guard/filter.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace minhttp::guard {
namespace {

struct Brought { // struct seccomp_data
  uint32_t number = 0;
  uint32_t architecture = guard::architecture;
  uint64_t instruction = 0;
  std::array<uint64_t, 6> arguments = {};
};
static_assert(sizeof(Brought) == sizeof(seccomp_data));

uint32_t run(std::span<const sock_filter> program, const Brought& brought) {
  uint32_t a = 0;
  for (size_t at = 0; at < program.size(); at++) {
    const sock_filter& statement = program[at];
    auto jump = [&](bool condition) { at += condition ? statement.jt : statement.jf; };
    switch (statement.code) {
      case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, reinterpret_cast<const char*>(&brought) + statement.k, sizeof a); break;
      case BPF_ALU | BPF_AND | BPF_K: a &= statement.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: jump(a == statement.k); break;
      case BPF_JMP | BPF_JGE | BPF_K: jump(a >= statement.k); break;
      case BPF_JMP | BPF_JSET | BPF_K: jump((a & statement.k) != 0); break;
      case BPF_RET | BPF_K: return statement.k;
      default: ADD_FAILURE() << "a statement that seccomp(2) need not have: " << statement.code; return kill;
    }
  }
  ADD_FAILURE() << "the program has no end";
  return kill;
}

uint32_t ask(uint16_t phases, const Brought& brought) {
  Filter filter(rows, phases);
  return run(filter.program(), brought);
}

uint32_t ask(uint16_t phases, sys::Call call, std::array<uint64_t, 6> arguments = {}) {
  Brought brought;
  brought.number = static_cast<uint32_t>(call);
  brought.arguments = arguments;
  return ask(phases, brought);
}

// How many calls are allowed with the best of arguments.
size_t count(int phases) {
  size_t all = 0;
  for (const Row& row : rows) all += (row.phases & phases) != 0;
  return all;
}

constexpr uint16_t directory = EPOLL | SITE | FILES;
constexpr uint16_t worker = EPOLL | SITE | FILES | WORKER;
constexpr uint64_t minus_one = UINT64_MAX;

TEST(Filter, AllowsFewCalls) {
  EXPECT_EQ(count(EPOLL), 14U) << "docs/sandbox.md says so";
  EXPECT_EQ(count(directory), 20U);
  EXPECT_EQ(count(worker), 22U);
}

TEST(Filter, AllowsTheCallsOfItsPhasesAndNoOther) {
  for (int phases : {int{EPOLL}, int{PLAIN}, int{directory}, worker | SUPERVISE, worker | WALK | LISTING | HOSTS}) {
    std::set<uint32_t> allowed;
    for (const Row& row : rows) {
      if ((row.phases & phases) != 0) allowed.insert(row.number);
    }
    for (uint32_t number = 0; number < 1000; number++) {
      if (allowed.count(number) != 0) continue; // with which arguments is asked below
      Brought brought;
      brought.number = number;
      EXPECT_EQ(ask(static_cast<uint16_t>(phases), brought), refuse) << number;
    }
    for (const Row& row : rows) {
      bool unconditional = row.conditions[0].kind == Condition::Kind::none;
      if ((row.phases & phases) == 0 || !unconditional) continue;
      EXPECT_EQ(ask(static_cast<uint16_t>(phases), static_cast<sys::Call>(row.number)), allow) << row.number;
    }
  }
}

// Neither a worker nor its supervisor opens a file, or asks for one, where the site is in a pack: each option that
// names a file brings its own calls.
TEST(Filter, AllowsNoFileToAPack) {
  using sys::Call;
  constexpr uint16_t packed = EPOLL | SITE | WORKER | SUPERVISE;
  auto has = [](int phases, Call call) { return ask(static_cast<uint16_t>(phases), call) == allow; };
  for (Call call : {Call::openat, Call::openat2, Call::statx, Call::pread64, Call::sendfile, Call::getdents64,
                    Call::readlinkat, Call::lseek, Call::unlinkat, Call::execve}) {
    EXPECT_FALSE(has(packed, call)) << static_cast<uint32_t>(call);
    EXPECT_FALSE(has(packed | PLAIN, call));
  }
  EXPECT_TRUE(has(packed | PASSWORDS, Call::openat) && has(packed | PASSWORDS, Call::statx));
  EXPECT_FALSE(has(packed | PASSWORDS, Call::openat2));
  EXPECT_TRUE(has(packed | LOG_FILE, Call::openat2));
  EXPECT_FALSE(has(packed | LOG_FILE, Call::openat));
  EXPECT_TRUE(has(packed | CONFIG_FILE, Call::statx));
  EXPECT_FALSE(has(packed | CONFIG_FILE, Call::openat));
}

TEST(Filter, KillsForAnotherArchitectureBeforeItLooksAtTheNumber) {
  Brought brought;
  brought.number = static_cast<uint32_t>(sys::Call::read);
  EXPECT_EQ(ask(directory, brought), allow);
  for (unsigned long other : {0UL + AUDIT_ARCH_I386, 0UL + AUDIT_ARCH_ARM, 0UL + AUDIT_ARCH_RISCV32, 0UL}) {
    brought.architecture = static_cast<uint32_t>(other);
    EXPECT_EQ(ask(directory, brought), kill);
  }
}

TEST(Filter, KillsForX32Numbers) {
  Brought brought;
  for (uint32_t number : {x32_bit, x32_bit | static_cast<uint32_t>(sys::Call::read), 0x8000'0000U, UINT32_MAX - 1}) {
    brought.number = number;
    EXPECT_EQ(ask(directory, brought), kill) << number;
  }
  brought.number = UINT32_MAX; // what a tracer leaves of a call that it has answered itself
  EXPECT_EQ(ask(directory, brought), allow);
}

TEST(Filter, ChecksArguments) {
  using sys::Call;
  using namespace sys::abi;
  auto has = [](uint32_t answer) { return answer == allow; };
  uint64_t nosignal = msg_nosignal;
  EXPECT_TRUE(has(ask(directory, Call::sendto, {5, 0, 1, nosignal, 0, 0})));
  EXPECT_TRUE(has(ask(directory, Call::sendto, {5, 0, 1, nosignal | static_cast<uint64_t>(msg_more), 0, 0})));
  EXPECT_FALSE(has(ask(directory, Call::sendto, {5, 0, 1, 0, 0, 0})));
  EXPECT_FALSE(has(ask(directory, Call::sendto, {5, 0, 1, nosignal, 1, 16}))) << "to an address";
  EXPECT_FALSE(has(ask(directory, Call::sendto, {5, 0, 1, nosignal, 1ULL << 32, 16}))) << "in the upper half";
  EXPECT_TRUE(has(ask(directory, Call::write, {1})));
  EXPECT_TRUE(has(ask(directory, Call::write, {2})));
  for (uint64_t fd : {0ULL, 3ULL, 100ULL}) EXPECT_FALSE(has(ask(directory, Call::write, {fd}))) << fd;
  EXPECT_FALSE(has(ask(directory, Call::write, {minus_one})));
  EXPECT_TRUE(has(ask(directory, Call::accept4, {3, 0, 0, static_cast<uint64_t>(sock_cloexec | sock_nonblock)})));
  EXPECT_FALSE(has(ask(directory, Call::accept4, {3, 0, 0, static_cast<uint64_t>(sock_nonblock)})));
  EXPECT_TRUE(has(ask(directory, Call::openat, {0, 0, O_CLOEXEC | O_DIRECTORY})));
  for (int flags : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND})
    EXPECT_FALSE(has(ask(directory, Call::openat, {0, 0, static_cast<uint64_t>(flags)})));
  EXPECT_TRUE(has(ask(directory, Call::fcntl, {3, F_DUPFD_CLOEXEC})));
  EXPECT_FALSE(has(ask(directory, Call::fcntl, {3, F_SETFL})));
}

TEST(Filter, ChecksArgumentsForASupervisor) {
  using sys::Call;
  using namespace sys::abi;
  constexpr uint16_t supervisor = worker | SUPERVISE;
  auto has = [](uint32_t answer) { return answer == allow; };
  for (int signal : {sigterm, sighup, sigkill})
    EXPECT_TRUE(has(ask(supervisor, Call::kill, {4711, static_cast<uint64_t>(signal)})));
  EXPECT_FALSE(has(ask(supervisor, Call::kill, {4711, 19}))) << "SIGSTOP";
  for (uint64_t process : {uint64_t{0}, minus_one, uint64_t{0xffff'fff0}}) {
    EXPECT_FALSE(has(ask(supervisor, Call::kill, {process, static_cast<uint64_t>(sigterm)}))) << process;
  }
  EXPECT_TRUE(has(ask(supervisor, Call::clone, {static_cast<uint64_t>(sigchld)})));
  EXPECT_FALSE(has(ask(supervisor, Call::clone, {0x100 | static_cast<uint64_t>(sigchld)}))) << "CLONE_VM";
  EXPECT_TRUE(has(ask(supervisor, Call::prctl, {PR_SET_NAME})));
  EXPECT_FALSE(has(ask(supervisor, Call::prctl, {PR_SET_DUMPABLE})));
  EXPECT_FALSE(has(ask(supervisor, Call::wait4, {minus_one, 0, 0}))) << "it must not wait";
  EXPECT_TRUE(has(ask(worker, Call::recvmsg, {5, 0, static_cast<uint64_t>(msg_cmsg_cloexec)})));
  EXPECT_FALSE(has(ask(worker, Call::recvmsg, {5, 0, 0}))) << "what comes must not outlive an exec";
  EXPECT_FALSE(has(ask(directory, Call::recvmsg, {5, 0, static_cast<uint64_t>(msg_cmsg_cloexec)})));
  EXPECT_FALSE(has(ask(supervisor, Call::socketpair))) << "the channels are made at the start";
  EXPECT_FALSE(has(ask(worker, Call::clone, {static_cast<uint64_t>(sigchld)})));
  EXPECT_FALSE(has(ask(worker, Call::kill, {4711, static_cast<uint64_t>(sigterm)})));
  EXPECT_FALSE(has(ask(worker, Call::seccomp, {SECCOMP_SET_MODE_FILTER})));
}

} // namespace
} // namespace minhttp::guard
