// SPDX-License-Identifier: MIT
#pragma once
// How much memory the control groups allow (a container's limit), and options that fit it.

#include <cstdint>
#include <string_view>

#include "app/config.h"

namespace minhttp::app {

// The least memory limit of this process's control groups, in bytes; UINT64_MAX: none.
uint64_t memory_limit();

// The pure part: memory.max of version 2 ("max" is none), memory.limit_in_bytes of version 1.
uint64_t memory_limit_of(std::string_view text);

// Makes connections, workspaces, caches and listings fewer, all in the same proportion, so that a
// worker that would need so many bytes fits into its part of the limit; and descriptors of the cache, for which the
// kernel needs memory, by their own rule. true: there is much less
// than was asked for, which is worth a line.
bool fit_to_memory(Config& config, uint64_t part, uint64_t needed);

} // namespace minhttp::app
