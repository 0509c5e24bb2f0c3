// SPDX-License-Identifier: MIT
#pragma once
// Request heads and what the parser must say of them: one table for the tests of the rules
// and for those that cut the same bytes at every place.

#include <string>
#include <vector>

namespace minhttp::test {

constexpr int done = 200;
constexpr int more = 100;

struct HeadCase {
  const char* rule; // what it is about
  std::string text;
  int verdict; // done, more, or the status of the rejection
};

const std::vector<HeadCase>& head_cases();

} // namespace minhttp::test
