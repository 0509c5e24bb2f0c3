// SPDX-License-Identifier: MIT
#pragma once
// Counts what a request costs, in steps: tests, fuzz targets and the simulator compare it with a bound (docs/cost.md).
// Only their libraries count (cmake/hosted.cmake defines MINHTTP_COUNT_COST); the programs contain nothing of it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace minhttp::cost {

enum class Kind : uint8_t {
  bytes,    // looked at, decoded or copied
  cuts,     // views shortened at the front: one in each iteration of most parsers
  nodes,    // of the trees of rules
  rules,    // of _redirects, looked at
  fields,   // of _headers, compared
  probes,   // of hash tables
  entries,  // of directories, read or compared
  blocks,   // of SHA-512
  states,   // iterations of the state machine
  encoding, // units of work of the gzip encoder
  hashed    // bytes of files, hashed for their entity tags
};
constexpr size_t kind_count = 11;

#ifdef MINHTTP_COUNT_COST
// One for each thread: tests may have several.
inline thread_local std::array<uint64_t, kind_count> counts = {};
#endif

constexpr void add([[maybe_unused]] Kind kind, [[maybe_unused]] uint64_t steps = 1) {
#ifdef MINHTTP_COUNT_COST
  if (!std::is_constant_evaluated()) counts[static_cast<size_t>(kind)] += steps;
#endif
}

} // namespace minhttp::cost
