// SPDX-License-Identifier: MIT
#pragma once
// The list of allowed system calls as a program for seccomp(2), made from tables/calls.def for the phases of a process.
// The kernel runs it before each call, on the call's number and arguments; it cannot follow a pointer. Since Linux 5.11
// the kernel remembers the result for calls that are allowed whatever their arguments are.

#include <linux/audit.h>

#include <array>
#include <span>

#include "base/check.h"
#include "sys/abi.h"
#include "sys/call.h"

namespace minhttp::guard {

enum Phase : uint16_t {
  SETUP = 1,
  SUPERVISE = 2,
  PLAIN = 4,
  EPOLL = 8,
  SITE = 16,
  WALK = 32,
  LISTING = 64,
  HOSTS = 128,
  WORKER = 256,
  FILES = 512,
  PASSWORDS = 1024,
  LOG_FILE = 2048,
  CONFIG_FILE = 4096,
  TLS = 8192,  // these in minhttps only: what OpenSSL needs in a worker,
  KEYS = 16384 // and in the key process
};

// A condition on one argument: on its lower 32 bits, because the kernel takes an int; `zero` looks at all 64.
struct Condition {
  enum class Kind : uint8_t { none, one_of, all_of, none_of, zero, positive };
  Kind kind = Kind::none;
  uint8_t argument = 0;
  uint8_t count = 0;
  std::array<uint32_t, 3> values = {};
};

using Conditions = std::array<Condition, 2>;

namespace conditions {

constexpr Conditions any = {};
constexpr Conditions one(Condition::Kind kind, uint8_t argument, uint32_t value = 0) {
  return {Condition{kind, argument, 1, {value}}};
}
template <typename... Values>
constexpr Conditions one_of(uint8_t argument, Values... values) {
  return {Condition{Condition::Kind::one_of, argument, sizeof...(values), {static_cast<uint32_t>(values)...}}};
}
constexpr Conditions all_of(uint8_t argument, uint32_t bits) { return one(Condition::Kind::all_of, argument, bits); }
constexpr Conditions none_of(uint8_t argument, uint32_t bits) { return one(Condition::Kind::none_of, argument, bits); }
constexpr Conditions zero(uint8_t argument) { return one(Condition::Kind::zero, argument); }
constexpr Conditions positive(uint8_t argument) { return one(Condition::Kind::positive, argument); }
constexpr Conditions operator&&(const Conditions& a, const Conditions& b) { return {a[0], b[0]}; }

} // namespace conditions

struct Row {
  uint16_t number;
  uint16_t phases;
  Conditions conditions;
};

// What a filter returns, seccomp(2): SIGSYS with the call's number, instead of the call; or the end of the process, for
// calls of another architecture.
constexpr uint32_t allow = SECCOMP_RET_ALLOW;
constexpr uint32_t refuse = SECCOMP_RET_TRAP;
constexpr uint32_t kill = SECCOMP_RET_KILL_PROCESS;

#if defined(__x86_64__)
constexpr uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t architecture = AUDIT_ARCH_RISCV64;
#endif
constexpr uint32_t taken_away = UINT32_MAX; // a tracer answers for the kernel: there is no call
constexpr uint32_t x32_bit = 0x4000'0000;   // of a call's number; no other architecture has so many

// A row of tables/calls.def.
constexpr Row row_of(sys::Call call, int phases, const Conditions& conditions) {
  return {static_cast<uint16_t>(call), static_cast<uint16_t>(phases), conditions};
}

inline constexpr auto rows = [] {
  using namespace conditions;
  using namespace sys::abi;
  return std::to_array<Row>({
#define CALL(name, phases, conditions, why) row_of(sys::Call::name, phases, conditions),
#include "tables/calls.def"
#undef CALL
  });
}();

constexpr size_t filter_max = 256; // statements; a jump reaches no further

// The statements, one after the other.
class Filter {
 public:
  // Allows the calls of these phases. SETUP is not among them.
  constexpr Filter(std::span<const Row> table, uint16_t phases) {
    load(offset_of_architecture);
    add(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    answer(kill);
    load(offset_of_number);
    add(BPF_JMP | BPF_JEQ | BPF_K, taken_away, 0, 1);
    answer(allow);
    add(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1);
    answer(kill);
    for (const Row& row : table) {
      if ((row.phases & phases) != 0) permit(row);
    }
    answer(refuse);
  }

  constexpr std::span<sock_filter> program() { return {program_.data(), size_}; }

 private:
  static constexpr uint32_t offset_of_number = 0; // struct seccomp_data
  static constexpr uint32_t offset_of_architecture = 4;
  static constexpr uint32_t offset_of_arguments = 16;
  static constexpr uint8_t unknown = 255; // the target of a jump that is known only later: the refusal

  constexpr void add(unsigned code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
    CHECK(size_ < program_.size());
    program_[size_++] = {static_cast<uint16_t>(code), if_true, if_false, value};
  }
  constexpr void load(uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  constexpr void answer(uint32_t what) { add(BPF_RET | BPF_K, what); }

  // Another number goes on to the next row. This one is allowed, or refused if a condition fails.
  constexpr void permit(const Row& row) {
    size_t begin = size_;
    add(BPF_JMP | BPF_JEQ | BPF_K, row.number);
    for (const Condition& condition : row.conditions) ask(condition);
    answer(allow);
    size_t refusal = size_;
    bool conditional = refusal > begin + 2;
    if (conditional) answer(refuse);
    for (size_t at = begin + 1; at < refusal; at++) {
      auto distance = static_cast<uint8_t>(refusal - at - 1);
      if (program_[at].jt == unknown) program_[at].jt = distance;
      if (program_[at].jf == unknown) program_[at].jf = distance;
    }
    program_[begin].jf = static_cast<uint8_t>(size_ - begin - 1);
  }

  constexpr void ask(const Condition& condition) {
    uint32_t low = offset_of_arguments + 8U * condition.argument; // little-endian, as all of ours are
    if (condition.kind != Condition::Kind::none) load(low);
    switch (condition.kind) {
      case Condition::Kind::none: break;
      case Condition::Kind::one_of:
        for (uint8_t i = 0; i < condition.count; i++) {
          bool last = i + 1 == condition.count;
          add(BPF_JMP | BPF_JEQ | BPF_K, condition.values[i], static_cast<uint8_t>(condition.count - i - 1),
              last ? unknown : 0);
        }
        break;
      case Condition::Kind::all_of:
        add(BPF_ALU | BPF_AND | BPF_K, condition.values[0]);
        add(BPF_JMP | BPF_JEQ | BPF_K, condition.values[0], 0, unknown);
        break;
      case Condition::Kind::none_of: add(BPF_JMP | BPF_JSET | BPF_K, condition.values[0], unknown, 0); break;
      case Condition::Kind::zero:
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, unknown);
        load(low + 4);
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, unknown);
        break;
      case Condition::Kind::positive:
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, unknown, 0);
        add(BPF_JMP | BPF_JSET | BPF_K, 0x8000'0000, unknown, 0);
        break;
    }
  }

  std::array<sock_filter, filter_max> program_ = {};
  size_t size_ = 0;
};

} // namespace minhttp::guard
