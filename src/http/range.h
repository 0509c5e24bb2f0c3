// SPDX-License-Identifier: MIT
#pragma once
// The Range field (RFC 9110 section 14): the requested parts of a file.

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
    all,          // no Range, or one that is ignored: the whole representation, 200
    parts,        // 206
    unsatisfiable // 416
  };
  Kind kind = Kind::all;
  uint8_t count = 0; // of parts
  // In the requested order. No two overlap or are adjacent, so together they are never more than the representation.
  std::array<Part, limits::ranges_max> parts = {};

  std::span<const Part> list() const { return {parts.data(), count}; }
};

// value: of the Range field; size: of the representation.
//
// As section 14.2 allows or demands, Range is ignored if it has another unit, an invalid range, or more than
// limits::ranges_max ranges. Ranges that begin behind the end are dropped; if none remains, the result is
// unsatisfiable. Overlapping or adjacent ranges are merged, at the position of the first of them.
Ranges parse_ranges(std::string_view value, uint64_t size);

// Writes "Content-Range: bytes first-last/size" with its line end: at most content_range_max bytes.
constexpr size_t content_range_max = 96;
void write_content_range(Writer& out, const Part& part, uint64_t size);

} // namespace minhttp::http
