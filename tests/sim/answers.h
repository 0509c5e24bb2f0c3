// SPDX-License-Identifier: MIT
#pragma once
// Are these the bytes that a client should have got?

#include <string>
#include <vector>

#include "sim/scripts.h"

namespace minhttp::sim {

// What differs from run to run is made equal: Date, boundaries; interim answers are taken away.
std::string normalized(std::string stream);

// Answers, as many as are whole; rest: what is left behind them.
std::vector<std::string> split(const std::string& stream, const std::vector<bool>& heads, std::string& rest);

struct Expected {
  std::string stream[site_versions]; // of each version of the site, normalized
};

// What else may be.
struct Leave {
  bool cut = false;     // the stream may end anywhere
  bool errors = false;  // 500 and 503 may stand in the place of any answer, or those of versions 2 and 3
  bool refused = false; // and 403 and 404
  bool late = false;    // and 408
};

// What is wrong with the stream, or nothing.
std::string judge(const Script& script, const Expected& expected, const std::string& received, const Leave& leave);

} // namespace minhttp::sim
