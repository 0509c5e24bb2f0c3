// SPDX-License-Identifier: MIT
#pragma once
// The response to a request for a plain file, according to the RFC instead of the server. The oracle is the server
// itself, without faults, so a mistake that it always makes would be expected; this model finds such mistakes.

#include <string>
#include <vector>

#include "sim/files.h"
#include "sim/scripts.h"

namespace minhttp::sim {

// What is wrong with these responses to one of our own scripts (normalized, on version 0 of the site); empty: nothing.
std::string disagrees(const Script& script, const std::vector<std::string>& answers, const Files& site);

} // namespace minhttp::sim
