#pragma once
// What an input costs: held against its bound, and shown to libFuzzer, so that it hunts for the maximum.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "unit/serve/cost_bound.h"

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

struct Worst {
  uint64_t steps = 0;
  uint64_t bytes = 0;
  uint64_t bound = 0;
};
inline std::map<std::string, Worst> worst;

// Of a part that was given so many bytes, what was counted since its Cost was made.
inline void check_cost(const char* part, uint64_t bytes, uint64_t bound) {
  uint64_t steps = test::Cost::all();
  auto mark = [](size_t row, uint64_t count) { features[row * buckets + bucket(count)] = 1; };
  for (size_t kind = 0; kind < cost::kind_count; kind++) mark(kind, cost::counts[kind]);
  mark(cost::kind_count, steps);
  mark(cost::kind_count + 1, 16 * steps / (bytes + 16));
  Worst& known = worst[part];
  // Of inputs of any size: that which comes nearest to its bound.
  if (known.bound == 0 || steps * known.bound > known.steps * bound) known = {steps, bytes, bound};
  if (steps <= bound) return;
  std::fprintf(stderr, "%s costs %llu steps for %llu bytes, and %llu are its bound\n", part,
               static_cast<unsigned long long>(steps), static_cast<unsigned long long>(bytes),
               static_cast<unsigned long long>(bound));
  std::abort();
}

inline void print_costs() {
  for (const auto& [part, cost] : worst) {
    std::printf("| %s | %llu | %llu | %.1f | %llu |\n", part.c_str(), static_cast<unsigned long long>(cost.steps),
                static_cast<unsigned long long>(cost.bytes),
                static_cast<double>(cost.steps) / static_cast<double>(cost.bytes + (cost.bytes == 0)),
                static_cast<unsigned long long>(cost.bound));
  }
}

} // namespace minhttp::fuzz
