// SPDX-License-Identifier: MIT
#pragma once
// What the kernel hands to a new process.

#include <cstdint>
#include <span>

namespace minhttp::rt {

struct Start {
  std::span<const char* const> arguments; // the program's name first
  const char* const* environment;         // NAME=value, ended by null
  const uint64_t* auxiliary;              // pairs of type and value, ended by AT_NULL (getauxval(3))
};

} // namespace minhttp::rt

// Each program has its own. Returns the exit status.
int minhttp_main(const minhttp::rt::Start& start);
