// SPDX-License-Identifier: MIT
#pragma once
// What a plain file is answered with, by the RFC and not by the server. The oracle is the server itself, without
// faults; a mistake that it makes every time would be expected of it.

#include <string>
#include <vector>

#include "sim/files.h"
#include "sim/scripts.h"

namespace minhttp::sim {

// What is wrong with these answers to one of our own scripts (normalized, on version 0 of the site), or nothing.
std::string disagrees(const Script& script, const std::vector<std::string>& answers, const Files& site);

} // namespace minhttp::sim
