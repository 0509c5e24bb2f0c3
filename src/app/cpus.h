// SPDX-License-Identifier: MIT
#pragma once
// The number of CPUs that this process may use: those of its affinity (sched_setaffinity(2), taskset), or those that
// its cgroup's quota allows (cgroups(7)), whichever is less.

#include <cstdint>
#include <string_view>

namespace minhttp::app {

// At least 1. If /proc or /sys is missing, there is no quota.
uint32_t usable_cpus();

// The pure parts. A quota is a number of CPUs, rounded up; `unlimited`: there is no quota, or it is malformed.
constexpr uint32_t unlimited = UINT32_MAX;

// cpu.max of version 2: "150000 100000" is 2, "max 100000" is unlimited.
uint32_t quota_of(std::string_view cpu_max);

// cpu.cfs_quota_us and cpu.cfs_period_us of version 1: -1 is unlimited.
uint32_t quota_of(std::string_view quota_us, std::string_view period_us);

} // namespace minhttp::app
