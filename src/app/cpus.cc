#include "app/cpus.h"

#include "base/bytes.h"
#include "base/number.h"
#include "sys/file.h"
#include "sys/process.h"
#include "tables/limits.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

uint32_t allowed_cpus() {
  uint64_t cpus[limits::cpus_max / 64] = {};
  auto written = sys::sched_getaffinity(cpus);
  if (!written.ok()) return 1;
  uint32_t count = 0;
  for (uint64_t word : cpus) {
    for (; word != 0; word &= word - 1) count++; // a bit less; counting instructions are not everywhere
  }
  return count > 0 ? count : 1;
}

// The beginning of a small file; empty where there is none. name: with a NUL behind it.
Text read_file(const char* name, std::span<char> to) {
  auto opened = sys::openat(AT_FDCWD, name, 0);
  if (!opened.ok()) return {};
  sys::Fd file(opened.value());
  auto size = sys::read(file.number(), to.data(), to.size());
  return size.ok() ? Text(to.data(), size.value()) : Text();
}

Text read_beneath(Text mount, Text group, Text file, std::span<char> to) {
  char name[limits::cgroup_path_max + 64];
  if (mount.size() + group.size() + file.size() + 2 > sizeof name) return {};
  Writer out(name);
  out.text(mount).text(group).byte('/').text(file).byte('\0');
  return read_file(name, to);
}

uint32_t quota_at(CgroupVersion version, Text group) {
  char first[64];
  char second[64];
  if (version == CgroupVersion::two) return quota_of(read_beneath("/sys/fs/cgroup", group, "cpu.max", first));
  return quota_of(read_beneath("/sys/fs/cgroup/cpu", group, "cpu.cfs_quota_us", first),
                  read_beneath("/sys/fs/cgroup/cpu", group, "cpu.cfs_period_us", second));
}

// The least of the group and all groups above it. In a container the namespace's root is the
// container's group, and has files of its own; a real root has none.
uint32_t quota(CgroupVersion version, Text lines) {
  Text group = cgroup_of(lines, version);
  uint32_t least = unlimited;
  for (uint32_t depth = 0; depth < limits::cgroup_depth_max; depth++) {
    while (!group.empty() && group.back() == '/') group.remove_suffix(1);
    uint32_t here = quota_at(version, group);
    if (here < least) least = here;
    if (group.empty()) break;
    while (!group.empty() && group.back() != '/') group.remove_suffix(1);
  }
  return least;
}

std::optional<uint64_t> number_of(Text text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return parse_decimal(text);
}

} // namespace

uint32_t quota_of(Text quota_us, Text period_us) {
  auto quota = number_of(quota_us); // "-1" is no number
  auto period = number_of(period_us);
  if (!quota || !period || *period == 0 || *quota > UINT32_MAX || *period > UINT32_MAX) return unlimited;
  uint64_t cpus = (*quota + *period - 1) / *period;
  return cpus > 0 ? static_cast<uint32_t>(cpus) : 1;
}

uint32_t quota_of(Text cpu_max) {
  size_t space = find(cpu_max, ' ');
  return quota_of(take(cpu_max, space), drop(cpu_max, space < cpu_max.size() ? space + 1 : space));
}

Text cgroup_of(Text lines, CgroupVersion version) {
  while (!lines.empty()) {
    size_t end = find(lines, '\n');
    Text line = take(lines, end);
    lines = drop(lines, end < lines.size() ? end + 1 : end);
    size_t first = find(line, ':'); // number:controllers:path
    if (first == line.size()) continue;
    Text rest = drop(line, first + 1);
    size_t second = find(rest, ':');
    if (second == rest.size()) continue;
    Text controllers = take(rest, second);
    Text path = drop(rest, second + 1);
    bool ours = version == CgroupVersion::two && controllers.empty();
    while (version == CgroupVersion::one && !ours && !controllers.empty()) {
      size_t comma = find(controllers, ',');
      ours = equal(take(controllers, comma), "cpu");
      controllers = drop(controllers, comma < controllers.size() ? comma + 1 : comma);
    }
    if (!ours) continue;
    return starts_with(path, "/") && !starts_with(path, "/..") ? path : Text();
  }
  return {};
}

uint32_t usable_cpus() {
  uint32_t cpus = allowed_cpus();
  if (cpus == 1) return 1; // no quota is less
  char lines[limits::cgroup_path_max];
  Text groups = read_file("/proc/self/cgroup", lines);
  for (CgroupVersion version : {CgroupVersion::two, CgroupVersion::one}) {
    uint32_t paid = quota(version, groups);
    if (paid < cpus) cpus = paid;
  }
  return cpus;
}

} // namespace minhttp::app
