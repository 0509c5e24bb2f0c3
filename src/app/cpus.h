// SPDX-License-Identifier: MIT
#pragma once
// How many CPUs this process may use: what its affinity allows (sched_setaffinity(2),
// taskset), and what its cgroup's quota pays for (cgroups(7)), whichever is less.

#include <cstdint>
#include <string_view>

namespace minhttp::app {

// At least 1. Where /proc or /sys is missing, what there is counts.
uint32_t usable_cpus();

// The pure parts. A quota is the number of CPUs, rounded up; `unlimited` where there is none,
// or nothing that could be one.
constexpr uint32_t unlimited = UINT32_MAX;

// cpu.max of version 2: "150000 100000" are 2, "max 100000" is unlimited.
uint32_t quota_of(std::string_view cpu_max);

// cpu.cfs_quota_us and cpu.cfs_period_us of version 1: -1 is unlimited.
uint32_t quota_of(std::string_view quota_us, std::string_view period_us);

} // namespace minhttp::app
