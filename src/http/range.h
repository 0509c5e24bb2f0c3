// SPDX-License-Identifier: MIT
#pragma once
// The Range field (RFC 9110 section 14): which parts of a file are asked for.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "tables/limits.h"

namespace minhttp::http {

struct Part {
  uint64_t first = 0;
  uint64_t length = 0; // at least 1
};

struct Ranges {
  enum class Kind : uint8_t {
    all,          // no range, or one that we ignore: the whole representation, 200
    parts,        // 206
    unsatisfiable // 416
  };
  Kind kind = Kind::all;
  uint8_t count = 0; // of parts
  // In the order in which they were asked for. No two overlap or touch each other, so
  // together they are never more than the representation.
  std::array<Part, limits::ranges_max> parts = {};

  std::span<const Part> list() const { return {parts.data(), count}; }
};

// value: of the Range field; size: of the representation.
//
// Ignored, as section 14.2 allows or demands: another unit, a set with an invalid range in
// it, and more than limits::ranges_max ranges. Ranges that begin behind the end are left
// out; where nothing else was asked for, it is unsatisfiable. Those that overlap or touch
// become one, at the place of the first of them.
Ranges parse_ranges(std::string_view value, uint64_t size);

// "Content-Range: bytes first-last/size" with its line end.
void write_content_range(Writer& out, const Part& part, uint64_t size);

} // namespace minhttp::http
