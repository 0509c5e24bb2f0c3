// SPDX-License-Identifier: MIT
#include "app/cpus.h"

#include "app/cgroup.h"
#include "base/bytes.h"
#include "base/number.h"
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
    for (; word != 0; word &= word - 1)
      count++; // clears the lowest bit; not every CPU has an instruction that counts bits
  }
  return count > 0 ? count : 1;
}

uint64_t quota_at(const Cgroup& group) {
  char first[64];
  char second[64];
  if (group.version == CgroupVersion::two) return quota_of(group.read("cpu.max"sv, first));
  return quota_of(group.read("cpu.cfs_quota_us"sv, first), group.read("cpu.cfs_period_us"sv, second));
}

std::optional<uint64_t> number_of(Text text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return parse_decimal(text);
}

} // namespace

uint32_t quota_of(Text quota_us, Text period_us) {
  auto quota = number_of(quota_us); // "-1" is not a number
  auto period = number_of(period_us);
  if (!quota || !period || *period == 0 || *quota > UINT32_MAX || *period > UINT32_MAX) return unlimited;
  uint64_t cpus = (*quota + *period - 1) / *period;
  return cpus > 0 ? static_cast<uint32_t>(cpus) : 1;
}

uint32_t quota_of(Text cpu_max) {
  Text quota = take_until(cpu_max, ' ');
  return quota_of(quota, cpu_max);
}

uint32_t usable_cpus() {
  uint32_t cpus = allowed_cpus();
  if (cpus == 1) return 1; // a quota is at least 1
  uint64_t paid = least_in_cgroups("cpu"sv, quota_at);
  return paid < cpus ? static_cast<uint32_t>(paid) : cpus;
}

} // namespace minhttp::app
