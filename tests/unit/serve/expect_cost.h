// SPDX-License-Identifier: MIT
#pragma once
// Checks in tests of what was counted since their Cost was made. MINHTTP_COSTS=1 prints the worst of each part at the
// end.

#include <gtest/gtest.h>

#include <cstdlib>

#include "unit/serve/cost_bound.h"
#include "unit/serve/worst_cost.h"

namespace minhttp::test {

struct CostPrinter : testing::Environment {
  void TearDown() override {
    if (std::getenv("MINHTTP_COSTS") != nullptr) print_costs();
  }
};
inline testing::Environment* const cost_printer = testing::AddGlobalTestEnvironment(new CostPrinter);

// bytes: the size of the input of this part.
inline testing::AssertionResult within_bound(const std::string& part, uint64_t bytes, uint64_t bound) {
  uint64_t steps = Cost::all();
  note_cost(part, {.steps = steps, .bytes = bytes, .bound = bound});
  if (steps <= bound) return testing::AssertionSuccess();
  return testing::AssertionFailure() << part << " costs " << steps << " steps for " << bytes << " bytes, and " << bound
                                     << " are its bound";
}

} // namespace minhttp::test
