// SPDX-License-Identifier: MIT
// A tour: call() lets some time pass, asks the server's own seccomp filter whether the call is allowed, may make it
// fail, and else dispatch() performs it. pass() advances the time. wait_until() is where the process sleeps, and where
// the time jumps to the next event.

#include "sim/kernel.h"

#include <asm/unistd.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "guard/filter.h"
#include "sim/names.h"
#include "unit/serve/cost_bound.h"

namespace minhttp::hosted {
long enter(long number, long a, long b, long c, long d, long e, long f);
}

namespace minhttp::sim {

Kernel* current = nullptr;

// For one run: most make some hundreds, one with a large response into a small window makes more.
constexpr uint64_t calls_max = 3'000'000;

void Kernel::note_cost(uint64_t steps) {
  most_steps = std::max(most_steps, steps);
  if (steps > test::bound::between_calls && broken_.empty()) {
    broken_ = "the server takes " + std::to_string(steps) + " steps from one call to the next";
  }
}

Kernel::Kernel(uint64_t seed) : random(seed) {
  current = this;
  for (int fd : {0, 1, 2}) {
    table_[fd] = std::make_shared<Description>();
    table_[fd]->kind = Description::Kind::standard;
  }
}

Kernel::~Kernel() {
  for (auto& [address, size] : maps_) munmap(address, size);
  current = nullptr;
}

// Destructors close and write, and must not throw: an error found there is thrown by the next call.
long Kernel::call(long number, const Arguments& a) {
  if (number != __NR_close && number != __NR_write) {
    if (!broken_.empty()) throw Broken(broken_);
    return perform(number, a);
  }
  if (!broken_.empty()) return 0;
  try {
    return perform(number, a);
  } catch (const Broken& broken) {
    broken_ = broken.what();
    return 0;
  }
}

long Kernel::perform(long number, const Arguments& a) {
  if (++calls > calls_max) throw Broken("the server spins: " + std::to_string(calls) + " calls");
  pass(static_cast<int64_t>(random.between(200, 2000)));
  if (random.chance(faults.stalls)) pass(static_cast<int64_t>(random.between(1, 20)) * 1'000'000'000);
  if (random.chance(200)) (void)world(now_ns_);
  if (random.chance(faults.clock))
    wall_ns += static_cast<int64_t>(random.between(0, 7200)) * 1'000'000'000 - 3'600'000'000'000;
  if (!allowed(number, a)) throw Broken("the sandbox refuses " + name_of(number));
  if (note_calls != nullptr) note_calls->push_back(number);
  sealed_ = sealed_ || number == __NR_seccomp;
  bool fails = calls == fail_call;
  bool closes = number == __NR_close; // an error does not prevent it (close(2))
  long result = fails && !closes ? fail_error : dispatch(number, a);
  if (fails) {
    result = fail_error;
    auto socket = table_.find(static_cast<int>(a[0]));
    if (result == -EAGAIN && socket != table_.end() && socket->second->wire)
      notify(*socket->second->wire); // the bytes came later
  }
  if (trace) {
    fprintf(stderr, "%12.6f %-14s", static_cast<double>(now_ns_) / 1e9, name_of(number).c_str());
    fprintf(stderr, "(%ld, %lx, %ld, %ld) = %ld%s\n", a[0], static_cast<unsigned long>(a[1]), a[2], a[3], result,
            fails ? " (the fault)" : "");
  }
  return result;
}

void Kernel::pass(int64_t ns) { now_ns_ += ns; }

// Runs the program that the server gave to seccomp(2), as the kernel does.
bool Kernel::allowed(long number, const Arguments& a) const {
  if (filter_.empty()) return true;
  seccomp_data brought = {};
  brought.nr = static_cast<int>(number);
  brought.arch = guard::architecture;
  for (size_t i = 0; i < a.size(); i++) brought.args[i] = static_cast<uint64_t>(a[i]);
  uint32_t accumulator = 0;
  const auto* program = reinterpret_cast<const sock_filter*>(filter_.data());
  for (size_t at = 0;; at++) {
    const sock_filter& s = program[at];
    auto jump = [&](bool condition) { at += condition ? s.jt : s.jf; };
    switch (s.code) {
      case BPF_LD | BPF_W | BPF_ABS: memcpy(&accumulator, reinterpret_cast<const char*>(&brought) + s.k, 4); break;
      case BPF_ALU | BPF_AND | BPF_K: accumulator &= s.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: jump(accumulator == s.k); break;
      case BPF_JMP | BPF_JGE | BPF_K: jump(accumulator >= s.k); break;
      case BPF_JMP | BPF_JSET | BPF_K: jump((accumulator & s.k) != 0); break;
      default: return s.k == guard::allow;
    }
  }
}

int Kernel::lowest() const {
  int fd = 0;
  while (table_.count(fd) != 0) fd++;
  return fd;
}

long Kernel::install(Description description) {
  if (table_.size() >= descriptors_max || random.chance(faults.descriptors)) {
    return random.chance(300) ? -ENFILE : -EMFILE;
  }
  int fd = lowest();
  table_[fd] = std::make_shared<Description>(std::move(description));
  return fd;
}

Description* Kernel::get(long fd) {
  auto found = table_.find(static_cast<int>(fd));
  if (found == table_.end()) throw Broken("descriptor " + std::to_string(fd) + " is not open");
  return found->second.get();
}

void Kernel::close(int fd) {
  auto description = table_.at(fd);
  table_.erase(fd);
  watches_.erase(fd);
  if (description->kind != Description::Kind::wire) return;
  Wire& wire = *description->wire;
  // With unread bytes, close sends a reset, which discards what the client has not read yet.
  if ((!wire.to_server.empty() || wire.drops) && !wire.client_gone) wire.reset = true;
  wire.server_gone = wire.server_end = true;
  wire.gone_ns = now_ns_;
}

size_t Kernel::open_wires() const {
  return static_cast<size_t>(std::count_if(
      table_.begin(), table_.end(), [](const auto& entry) { return entry.second->kind == Description::Kind::wire; }));
}

bool Kernel::listens() const {
  return std::any_of(table_.begin(), table_.end(),
                     [](const auto& entry) { return entry.second->kind == Description::Kind::listener; });
}

// Sleeps until is_ready() or the timeout. False: timeout. timeout_ns below 0: none.
bool Kernel::wait_until(const std::function<bool()>& is_ready, int64_t timeout_ns) {
  int64_t until = timeout_ns < 0 ? INT64_MAX : now_ns_ + timeout_ns;
  while (true) {
    int64_t next = world(now_ns_);
    if (is_ready()) return true;
    if (now_ns_ >= until) return false;
    if (next == INT64_MAX && until == INT64_MAX) {
      if (!idle()) throw Broken("nothing will ever happen: a lost wake-up");
      continue;
    }
    now_ns_ = std::max(now_ns_, std::min(next, until));
  }
}

long Kernel::dispatch(long number, const Arguments& a) {
  switch (number) {
    case __NR_openat:
    case __NR_openat2:
    case __NR_statx:
    case __NR_pread64:
    case __NR_readlinkat:
    case __NR_getdents64:
    case __NR_lseek: return dispatch_files(number, a);
    case __NR_read:
    case __NR_write:
    case __NR_close:
    case __NR_sendto:
    case __NR_sendmsg:
    case __NR_sendfile:
    case __NR_shutdown:
    case __NR_socket:
    case __NR_setsockopt:
    case __NR_bind:
    case __NR_listen:
    case __NR_getsockname:
    case __NR_accept4:
    case __NR_epoll_create1:
    case __NR_epoll_ctl:
    case __NR_epoll_pwait:
    case __NR_ppoll:
    case __NR_ioctl:
    case __NR_fcntl:
    case __NR_signalfd4: return dispatch_network(number, a);
    default: return dispatch_process(number, a);
  }
}

long Kernel::dispatch_process(long number, const Arguments& a) {
  switch (number) {
    case __NR_clock_gettime: {
      int64_t now = now_ns_ + (a[0] == 0 ? wall_ns : 0);
      int64_t time[2] = {now / 1'000'000'000, now % 1'000'000'000};
      memcpy(reinterpret_cast<void*>(a[1]), time, sizeof time);
      return 0;
    }
    case __NR_mmap: {
      if (!filter_.empty()) throw Broken("memory after the start");
      if (random.chance(faults.memory)) return -ENOMEM;
      auto size = static_cast<size_t>(a[1]);
      if (a[0] != 0) { // a guard page within its memory: inaccessible here too
        void* fence = mmap(reinterpret_cast<void*>(a[0]), size, static_cast<int>(a[2]), static_cast<int>(a[3]), -1, 0);
        return fence == MAP_FAILED ? -ENOMEM : a[0];
      }
      void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) return -ENOMEM;
      maps_.emplace_back(memory, size);
      return reinterpret_cast<long>(memory);
    }
    case __NR_getrandom:
      for (long i = 0; i < a[1]; i++)
        reinterpret_cast<unsigned char*>(a[0])[i] = static_cast<unsigned char>(random.next());
      return a[1];
    case __NR_prlimit64:
      if (a[3] != 0) {
        uint64_t limits[2] = {descriptors_max, descriptors_max};
        if (a[1] == sys::abi::rlimit_stack) limits[0] = limits[1] = UINT64_MAX;
        memcpy(reinterpret_cast<void*>(a[3]), limits, sizeof limits);
      }
      return 0;
    case __NR_seccomp: {
      struct {
        unsigned short size;
        const uint8_t* program;
      } given;
      memcpy(&given, reinterpret_cast<const void*>(a[2]), sizeof given);
      filter_.assign(given.program, given.program + given.size * sizeof(sock_filter));
      return 0;
    }
    case __NR_landlock_create_ruleset: return a[0] == 0 ? 6 : install({.kind = Description::Kind::other});
    case __NR_landlock_add_rule:
    case __NR_landlock_restrict_self:
    case __NR_prctl:
    case __NR_capset:
    case __NR_rt_sigaction:
    case __NR_rt_sigprocmask: return 0;
    case __NR_getpid: return 100;
    case __NR_getppid: return 1;
    case __NR_sched_getaffinity: *reinterpret_cast<uint64_t*>(a[2]) = 1; return 8;
    default: throw Broken("nobody has taught the simulation " + name_of(number));
  }
}

} // namespace minhttp::sim

// Ends the count of the server's steps since its last call; the steps of the simulation itself are not counted.
long minhttp::hosted::enter(long number, long a, long b, long c, long d, long e, long f) {
  using namespace minhttp;
  sim::current->note_cost(test::Cost::all());
  long result = sim::current->call(number, {a, b, c, d, e, f});
  test::Cost cost;
  return result;
}
