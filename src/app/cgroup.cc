// SPDX-License-Identifier: MIT
#include "app/cgroup.h"

#include "base/bytes.h"
#include "sys/file.h"
#include "tables/limits.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// name: NUL-terminated.
Text read_file(const char* name, std::span<char> to) {
  auto opened = sys::openat(AT_FDCWD, name, 0);
  if (!opened.ok()) return {};
  sys::Fd file(opened.value());
  auto size = sys::read(file.number(), to.data(), to.size());
  return size.ok() ? Text(to.data(), size.value()) : Text();
}

} // namespace

Text Cgroup::read(Text file, std::span<char> to) const {
  char name[limits::cgroup_path_max + 64];
  if (mount.size() + group.size() + file.size() + 2 > sizeof name) return {};
  Writer out(name);
  out.text(mount).text(group).byte('/').text(file).byte('\0');
  return read_file(name, to);
}

// Walks from the process's group up to the root. In a container the root of the namespace is the container's group and
// has limit files of its own; a real root has none.
uint64_t least_in_cgroups(Text controller, uint64_t (*limit_at)(const Cgroup&)) {
  char lines[limits::cgroup_path_max];
  Text groups = read_file("/proc/self/cgroup", lines);
  char mount[64];
  Writer out(mount);
  out.text("/sys/fs/cgroup");
  uint64_t least = UINT64_MAX;
  for (CgroupVersion version : {CgroupVersion::two, CgroupVersion::one}) {
    Text group = cgroup_of(groups, version, controller);
    if (version == CgroupVersion::one) out.byte('/').text(controller);
    for (uint32_t depth = 0; depth < limits::cgroup_depth_max; depth++) {
      while (!group.empty() && group.back() == '/') group.remove_suffix(1);
      uint64_t here = limit_at({version, out.view(), group});
      if (here < least) least = here;
      if (group.empty()) break;
      while (!group.empty() && group.back() != '/') group.remove_suffix(1);
    }
  }
  return least;
}

Text cgroup_of(Text lines, CgroupVersion version, Text controller) {
  while (!lines.empty()) {
    Text line = take_until(lines, '\n');
    size_t first = find(line, ':'); // number:controllers:path
    if (first == line.size()) continue;
    Text rest = drop(line, first + 1);
    size_t second = find(rest, ':');
    if (second == rest.size()) continue;
    Text controllers = take(rest, second);
    Text path = drop(rest, second + 1);
    bool ours = version == CgroupVersion::two && controllers.empty();
    while (version == CgroupVersion::one && !ours && !controllers.empty()) {
      ours = equal(take_until(controllers, ','), controller);
    }
    if (!ours) continue;
    return starts_with(path, "/") && !starts_with(path, "/..") ? path : Text();
  }
  return {};
}

} // namespace minhttp::app
