// SPDX-License-Identifier: MIT
#pragma once
// The sandbox: three fences that this process builds around itself. Nobody can take them down again, and they hold for
// its children as well.

#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/shared_word.h"

namespace minhttp::guard {

// No new privileges, no capabilities but those of `kept` (as bits), no core dump, no access to our memory for others of
// the same user, no more descriptors than now. Also installs the handler that reports a call that is not allowed.
// EPERM: a kept one is not there.
Result<> give_up_rights(uint64_t kept = 0);

// What Landlock allows to read: open descriptors, also with O_PATH.
struct Readable {
  std::span<const int> directories; // and what is beneath them
  std::span<const int> files;
};

// Landlock, as far as the kernel has it: nothing but these is opened, and nothing is written, executed, bound or
// connected to; no signal and no abstract socket reaches other processes. Returns the version of Landlock. readable:
// null: everything may be read, and nothing else. ENOSYS, EOPNOTSUPP: the kernel has no Landlock, or it is turned off;
// EPERM: the program that started us does not allow it.
// logs: a directory in which files may be created and written, or -1.
Result<int> limit_files(const Readable* readable, int logs = -1);
constexpr int landlock_complete = 6; // the version that does all of this

// seccomp(2): allows only the calls of tables/calls.def that have one of these phases. Another call is not made: its
// number, plus 1, goes into `refused`, or, if that is null, a message goes to standard error; then the process ends
// with SIGSYS.
Result<> limit_calls(uint16_t phases, SharedWord* refused);

} // namespace minhttp::guard
