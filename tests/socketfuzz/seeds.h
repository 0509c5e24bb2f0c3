// SPDX-License-Identifier: MIT
#pragma once
// What the fuzzer begins with, and what it makes of it.

#include <string>
#include <vector>

#include "sim/random.h"

namespace minhttp::socketfuzz {

// The requests of tests/conformance/cases.jsonl and the corpora of tests/fuzz: `corpus` is that directory.
std::vector<std::string> read_seeds(const std::string& corpus);

// One or several requests, pipelined, mutated in 0 to 8 places. 64 KiB at most.
std::string mutate(const std::vector<std::string>& seeds, sim::Random& random);

constexpr size_t request_bytes_max = 64 << 10;

} // namespace minhttp::socketfuzz
