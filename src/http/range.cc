// SPDX-License-Identifier: MIT
#include "http/range.h"

#include <optional>

#include "base/number.h"

namespace minhttp::http {
namespace {

// Parses one range-spec of section 14.1.1. Nothing: it is invalid. A length of 0: it is valid, but the representation
// has no such bytes.
std::optional<Part> parse_part(std::string_view spec, uint64_t size) {
  constexpr Part none = {};
  size_t dash = find(spec, '-');
  if (dash == spec.size()) return {};
  std::string_view first_text = take(spec, dash);
  std::string_view last_text = drop(spec, dash + 1);

  if (first_text.empty()) { // suffix range: the last bytes
    auto suffix = parse_decimal(last_text);
    if (!suffix) return {};
    uint64_t length = *suffix < size ? *suffix : size;
    return Part{.first = size - length, .length = length};
  }

  auto first = parse_decimal(first_text);
  auto last = last_text.empty() ? std::optional<uint64_t>(UINT64_MAX) : parse_decimal(last_text);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return none;
  uint64_t end = *last < size - 1 ? *last : size - 1;
  return Part{.first = *first, .length = end - *first + 1};
}

// Both parts lie within a file, so the sums cannot overflow.
bool touch(const Part& a, const Part& b) { return a.first <= b.first + b.length && b.first <= a.first + a.length; }

Part hull(const Part& a, const Part& b) {
  uint64_t first = a.first < b.first ? a.first : b.first;
  uint64_t a_end = a.first + a.length;
  uint64_t b_end = b.first + b.length;
  return {.first = first, .length = (a_end > b_end ? a_end : b_end) - first};
}

// Adds a part. The existing parts are disjoint, so one comparison with each is enough: an existing part that the new
// part does not touch is not touched by a union with other parts either.
void add(Ranges& ranges, Part part) {
  size_t kept = 0;
  size_t place = SIZE_MAX; // position of the first of the parts that were merged
  cost::add(cost::Kind::bytes, ranges.count);
  for (size_t i = 0; i < ranges.count; i++) {
    if (!touch(ranges.parts[i], part)) {
      ranges.parts[kept++] = ranges.parts[i];
      continue;
    }
    part = hull(ranges.parts[i], part);
    if (place == SIZE_MAX) place = kept++;
  }
  if (place == SIZE_MAX) place = kept++;
  ranges.parts[place] = part;
  ranges.count = static_cast<uint8_t>(kept);
}

} // namespace

Ranges parse_ranges(std::string_view value, uint64_t size) {
  if (size == 0) return {}; // an empty file has no parts: some clients send a range that covers everything
  constexpr std::string_view unit = "bytes="sv;
  if (!starts_with_ignoring_case(value, unit)) return {};
  std::string_view set = drop(value, unit.size());
  Ranges ranges;
  size_t asked = 0;
  while (!set.empty()) {
    std::string_view spec = trim(take_until(set, ','));
    if (spec.empty()) continue; // empty members of a list are allowed: section 5.6.1.2
    auto part = parse_part(spec, size);
    if (!part || ++asked > limits::ranges_max) return {};
    if (part->length > 0) add(ranges, *part);
  }
  if (asked == 0) return {};
  ranges.kind = ranges.count > 0 ? Ranges::Kind::parts : Ranges::Kind::unsatisfiable;
  return ranges;
}

void write_content_range(Writer& out, const Part& part, uint64_t size) {
  out.text("Content-Range: bytes ").decimal(part.first).byte('-').decimal(part.first + part.length - 1);
  out.byte('/').decimal(size).text("\r\n");
}

} // namespace minhttp::http
