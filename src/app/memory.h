// SPDX-License-Identifier: MIT
#pragma once
// The memory limit of the control groups (a container's limit), and the options that fit it.

#include <cstdint>
#include <string_view>

#include "app/config.h"

namespace minhttp::app {

// The lowest memory limit of this process's control groups, in bytes; UINT64_MAX: none.
uint64_t memory_limit();

// The pure part: memory.max of version 2 ("max": none), memory.limit_in_bytes of version 1.
uint64_t memory_limit_of(std::string_view text);

// Reduces connections, workspaces, caches and listings in the same proportion, so that a worker that would need
// `needed` bytes fits into `part`, its part of the limit; and the descriptors of the cache, for which the kernel needs
// memory, by a rule of their own. True: there is much less than was asked for, which is worth a message.
bool fit_to_memory(Config& config, uint64_t part, uint64_t needed);

} // namespace minhttp::app
