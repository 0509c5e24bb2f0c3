// SPDX-License-Identifier: MIT
#pragma once
// The limits of the control groups that this process is in (cgroups(7)): CPU quota, memory.

#include <cstdint>
#include <span>
#include <string_view>

namespace minhttp::app {

enum class CgroupVersion : uint8_t { one, two };

// Where a group's files are: name is that of a directory, without a NUL behind it.
struct Cgroup {
  CgroupVersion version;
  std::string_view mount;
  std::string_view group;

  // The beginning of one of its files; empty where there is none.
  std::string_view read(std::string_view file, std::span<char> to) const;
};

// The least limit of the process's groups of either version and of all groups above them.
// limit_at: that of one group, UINT64_MAX where it has none. controller: of version 1, "cpu" or
// "memory". Where /proc or /sys is missing there is no limit: UINT64_MAX.
uint64_t least_in_cgroups(std::string_view controller, uint64_t (*limit_at)(const Cgroup& group));

// Where the process is, from /proc/self/cgroup: "/a/b" of the line "0::/a/b", or for version 1
// of the line that has the controller. "/" is the root; empty: no such line, or a place outside
// of what this namespace shows ("/..").
std::string_view cgroup_of(std::string_view lines, CgroupVersion version, std::string_view controller);

} // namespace minhttp::app
