// SPDX-License-Identifier: MIT
#pragma once
// What a request costs, in steps: tests, fuzz targets and the simulator hold it against a bound (docs/cost.md). Only
// their libraries count (cmake/hosted.cmake defines MINHTTP_COUNT_COST); in the programs nothing is left of it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace minhttp::cost {

enum class Kind : uint8_t {
  bytes,    // looked at, decoded or copied
  cuts,     // a view that lost its front: the turns of most parsers
  nodes,    // of the trees of rules
  rules,    // of _redirects, looked at
  fields,   // of _headers, compared
  probes,   // of hash tables
  entries,  // of directories, read or compared
  blocks,   // of SHA-512
  states,   // turns of the state machine
  encoding, // units of work of the gzip encoder
  hashed    // bytes of files, hashed for their entity tags
};
constexpr size_t kind_count = 11;

#ifdef MINHTTP_COUNT_COST
// Of this thread: tests may have several.
inline thread_local std::array<uint64_t, kind_count> counts = {};
#endif

constexpr void add([[maybe_unused]] Kind kind, [[maybe_unused]] uint64_t steps = 1) {
#ifdef MINHTTP_COUNT_COST
  if (!std::is_constant_evaluated()) counts[static_cast<size_t>(kind)] += steps;
#endif
}

} // namespace minhttp::cost
