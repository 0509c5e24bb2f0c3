// SPDX-License-Identifier: MIT
#pragma once
// The limits of the control groups of this process (cgroups(7)): CPU quota, memory.

#include <cstdint>
#include <span>
#include <string_view>

namespace minhttp::app {

enum class CgroupVersion : uint8_t { one, two };

// The directory of a group's files, in two parts; not NUL-terminated.
struct Cgroup {
  CgroupVersion version;
  std::string_view mount;
  std::string_view group;

  // The start of one of the group's files; empty: there is none.
  std::string_view read(std::string_view file, std::span<char> to) const;
};

// The lowest limit of the process's groups, of either version, and of all groups above them. limit_at: the limit of one
// group, UINT64_MAX if it has none. controller: of version 1, "cpu" or "memory". UINT64_MAX: there is no limit, or
// /proc or /sys is missing.
uint64_t least_in_cgroups(std::string_view controller, uint64_t (*limit_at)(const Cgroup& group));

// The group of the process, from the lines of /proc/self/cgroup: "/a/b" of the line "0::/a/b", or for version 1 of the
// line with the controller. "/" is the root. Empty: there is no such line, or the group is outside of this namespace
// ("/..").
std::string_view cgroup_of(std::string_view lines, CgroupVersion version, std::string_view controller);

} // namespace minhttp::app
