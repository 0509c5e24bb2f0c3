// SPDX-License-Identifier: MIT
#pragma once
// Judges whether a client got the right bytes.

#include <string>
#include <vector>

#include "sim/scripts.h"

namespace minhttp::sim {

// Replaces what differs between runs, Date and boundaries, by constants, and removes interim responses.
std::string normalized(std::string stream);

// Splits a stream into its complete responses. rest: what follows them.
std::vector<std::string> split(const std::string& stream, const std::vector<bool>& heads, std::string& rest);

struct Expected {
  std::string stream[site_versions]; // for each version of the site, normalized
};

// Deviations from the expected stream that are allowed.
struct Leave {
  bool cut = false;     // the stream may end anywhere
  bool errors = false;  // 500 and 503 may replace any response; those of versions 2 and 3 are allowed too
  bool refused = false; // so may 403 and 404
  bool late = false;    // so may 408
  bool busy = false;    // REFUSED_STREAM may come in place of a response
};

// What is wrong with the stream; empty: nothing.
std::string judge(const Script& script, const Expected& expected, const std::string& received, const Leave& leave);

} // namespace minhttp::sim
