// SPDX-License-Identifier: MIT
#include "app/memory.h"

#include "app/cgroup.h"
#include "base/number.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

uint64_t limit_at(const Cgroup& group) {
  char text[32];
  bool two = group.version == CgroupVersion::two;
  return memory_limit_of(group.read(two ? "memory.max"sv : "memory.limit_in_bytes"sv, text));
}

// Scales count by share/of, but not below least, and never upwards.
void scale(uint64_t& count, uint64_t share, uint64_t of, uint64_t least) {
  uint64_t scaled = count / of * share + count % of * share / of;
  if (scaled < least) scaled = least;
  if (scaled < count) count = scaled;
}

bool differs(const Config& config) {
  return config.connections != limits::connections || config.workspaces != limits::workspaces ||
         config.cache_files != limits::cache_files || config.cache_bytes != limits::cache_bytes;
}

} // namespace

uint64_t memory_limit() { return least_in_cgroups("memory"sv, limit_at); }

uint64_t memory_limit_of(Text text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return parse_decimal(text).value_or(UINT64_MAX);
}

bool fit_to_memory(Config& config, uint64_t part, uint64_t needed) {
  uint64_t descriptors = part / limits::cache_descriptor_part;
  if (config.cache_descriptors > descriptors) config.cache_descriptors = descriptors;
  uint64_t share = part / limits::memory_share_of * limits::memory_share;
  if (needed <= share) return false;
  bool asked = differs(config);
  // In units of 4 KiB, so that the products fit into 64 bits.
  uint64_t have = share >> 12;
  uint64_t want = (needed >> 12) + 1;
  scale(config.connections, have, want, limits::connections_least);
  scale(config.workspaces, have, want, limits::workspaces_least);
  scale(config.cache_files, have, want, 0);
  scale(config.cache_bytes, have, want, 0);
  scale(config.listings, have, want, 1);
  scale(config.tag_entries, have, want, 1);
  scale(config.h2_sessions, have, want, 1);
  scale(config.h2_streams, have, want, limits::h2_streams_max);
  uint64_t entries = config.replay_entries;
  scale(entries, have, want, 1);
  while (config.replay_entries > entries) config.replay_entries /= 2; // must stay a power of two
  return asked || have < want / 2;
}

} // namespace minhttp::app
