// SPDX-License-Identifier: MIT
#pragma once
// The sandbox: three fences, each of which this process builds around itself and nobody can
// take down again. They hold for its children as well.

#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/shared_word.h"

namespace minhttp::guard {

// No new privileges, no capabilities, no core, no look into our memory by others of the same
// user, no more descriptors than now; and who makes a call that is not allowed says so.
Result<> give_up_rights();

// What Landlock is to allow: open descriptors, O_PATH ones too.
struct Readable {
  std::span<const int> directories; // and what is beneath them
  std::span<const int> files;
};

// Landlock, as much as the kernel has of it: nothing but these is opened, nothing is written,
// executed, or bound or connected to; no signal and no abstract socket reaches others. The
// version of Landlock. readable: null: everything may be read, and nothing else be done with it.
// ENOSYS, EOPNOTSUPP: the kernel has none; EPERM: whoever started us does not allow it.
Result<int> limit_files(const Readable* readable);
constexpr int landlock_complete = 6; // the version that does all of this

// seccomp(2): only the calls of tables/calls.def that have one of these phases. Another one is
// not made: its number, plus 1, goes into `refused`, or without it to standard error, and the process
// ends with SIGSYS.
Result<> limit_calls(uint16_t phases, SharedWord* refused);

} // namespace minhttp::guard
