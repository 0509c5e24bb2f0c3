// SPDX-License-Identifier: MIT
#pragma once
// Keeps the most expensive input of each part, and prints a table of them (docs/cost.md).

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

namespace minhttp::test {

struct WorstCost {
  uint64_t steps = 0;
  uint64_t bytes = 0;
  uint64_t bound = 0;
};
inline std::map<std::string, WorstCost> worst_costs;

// Inputs differ in size, so the one that comes nearest to its bound is kept.
inline void note_cost(const std::string& part, const WorstCost& cost) {
  WorstCost& known = worst_costs[part];
  if (known.bound == 0 || cost.steps * known.bound > known.steps * cost.bound) known = cost;
}

inline void print_costs() {
  for (const auto& [part, cost] : worst_costs) {
    std::printf("| %s | %llu | %llu | %.1f | %llu |\n", part.c_str(), static_cast<unsigned long long>(cost.steps),
                static_cast<unsigned long long>(cost.bytes),
                static_cast<double>(cost.steps) / static_cast<double>(cost.bytes + (cost.bytes == 0)),
                static_cast<unsigned long long>(cost.bound));
  }
}

} // namespace minhttp::test
