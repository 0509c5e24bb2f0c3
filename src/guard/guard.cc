// SPDX-License-Identifier: MIT
// A tour: give_up_rights() works on every kernel that we support, and cannot fail there; limit_files() is Landlock;
// limit_calls() is the filter, which comes last, because the other two make calls that it does not allow.
// docs/sandbox.md tells what each of them stops.

#include "guard/guard.h"

#include "base/bytes.h"
#include "guard/filter.h"
#include "rt/output.h"
#include "sys/confine.h"
#include "sys/event.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "tables/program.h"

namespace minhttp::guard {
namespace {

constinit SharedWord* refused_call = nullptr;

void report_refused(uint32_t number) {
  char text[128];
  Writer message(text);
  message.text(MINHTTP_NAME ": sandbox: system call ")
      .decimal(number)
      .text(" is not allowed here; this process ends\n");
  rt::print(2, message.view());
}

// The handler of SIGSYS, which runs instead of the refused call. For the number that it calls at its end the filter
// kills the process, so that a parent sees SIGSYS. If the filter does not, the trap ends the process by a signal, too.
[[noreturn]] void on_refusal(int, const void* info, void*) {
  constexpr size_t offset_of_call = 24; // siginfo_t, si_syscall
  uint32_t number = 0;
  __builtin_memcpy(&number, static_cast<const char*>(info) + offset_of_call, sizeof number);
  if (refused_call == nullptr) {
    report_refused(number);
  } else {
    refused_call->store(number + 1);
  }
  (void)sys::call(static_cast<sys::Call>(x32_bit), 0);
  __builtin_trap();
}

} // namespace

Result<> give_up_rights(uint64_t kept) {
  TRY(sys::set_no_new_privileges());
  TRY(sys::set_capabilities(kept));
  TRY(sys::set_undumpable());
  TRY(sys::set_limit(sys::abi::rlimit_core, 0));
  sys::abi::rlimit64 descriptors = {};
  TRY(sys::get_descriptor_limit(descriptors));
  TRY(sys::set_limit(sys::abi::rlimit_nofile, descriptors.rlim_cur));
  return sys::handle_signal(sys::abi::sigsys, on_refusal);
}

Result<int> limit_files(const Readable* readable, int logs) {
  using namespace sys::abi;
  int version = TRY(sys::landlock_version());
  if (version < 1) return Errno::ENOSYS_;
  size_t known =
      static_cast<size_t>(version) < landlock_files.size() ? static_cast<size_t>(version) : landlock_files.size();
  LandlockRules rules = {.files = landlock_files[known - 1], .tcp = landlock_tcp, .scopes = landlock_scopes};
  if (readable == nullptr) rules.files &= ~landlock_read;
  size_t size = offsetof(LandlockRules, tcp); // an older kernel rejects what it does not know
  if (version >= 4) size = offsetof(LandlockRules, scopes);
  if (version >= landlock_complete) size = sizeof rules;
  sys::Fd ruleset(TRY(sys::landlock_create_ruleset(rules, size)));
  if (readable != nullptr) {
    for (int fd : readable->directories) TRY(sys::landlock_allow(ruleset.number(), fd, landlock_read));
    for (int fd : readable->files) TRY(sys::landlock_allow(ruleset.number(), fd, LANDLOCK_ACCESS_FS_READ_FILE));
  }
  constexpr uint64_t append = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE;
  if (logs >= 0) TRY(sys::landlock_allow(ruleset.number(), logs, append));
  TRY(sys::landlock_restrict(ruleset.number()));
  return version;
}

Result<> limit_calls(uint16_t phases, SharedWord* refused) {
  refused_call = refused;
  Filter filter(rows, phases);
  return sys::set_filter(filter.program());
}

} // namespace minhttp::guard
