// SPDX-License-Identifier: MIT
#pragma once
// What an input costs: held against its bound, and shown to libFuzzer, so that it hunts for the maximum.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/serve/cost_bound.h"
#include "unit/serve/worst_cost.h"

namespace minhttp::fuzz {

// Each byte that is not zero is a feature of the input to libFuzzer (its ExtraCounters): an input that reaches a new
// one stays in the corpus. Of each kind of step, and of all for each byte of the request: four for each doubling.
constexpr size_t buckets = 256;
[[gnu::section("__libfuzzer_extra_counters")]] inline uint8_t features[(cost::kind_count + 2) * buckets];

inline size_t bucket(uint64_t count) {
  if (count < 8) return count;
  auto power = static_cast<unsigned>(std::bit_width(count) - 1);
  return 4 * power + (count >> (power - 2) & 3);
}

// Of a part that was given so many bytes, what was counted since its Cost was made.
inline void check_cost(const char* part, uint64_t bytes, uint64_t bound) {
  uint64_t steps = test::Cost::all();
  auto mark = [](size_t row, uint64_t count) { features[row * buckets + bucket(count)] = 1; };
  for (size_t kind = 0; kind < cost::kind_count; kind++) mark(kind, cost::counts[kind]);
  mark(cost::kind_count, steps);
  mark(cost::kind_count + 1, 16 * steps / (bytes + 16));
  test::note_cost(part, {.steps = steps, .bytes = bytes, .bound = bound});
  if (steps <= bound) return;
  std::fprintf(stderr, "%s costs %llu steps for %llu bytes, and %llu are its bound\n", part,
               static_cast<unsigned long long>(steps), static_cast<unsigned long long>(bytes),
               static_cast<unsigned long long>(bound));
  std::abort();
}

} // namespace minhttp::fuzz
