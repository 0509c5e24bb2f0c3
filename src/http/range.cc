#include "http/range.h"

#include "base/bytes.h"
#include "base/number.h"

namespace minhttp::http {

Range parse_range(std::string_view value, uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (value.size() < unit.size() || !equal_ignoring_case(take(value, unit.size()), unit)) return {};
  std::string_view range = trim(drop(value, unit.size()));
  size_t dash = find(range, '-');
  if (dash == range.size()) return {};
  std::string_view first_text = take(range, dash);
  std::string_view last_text = drop(range, dash + 1);

  if (first_text.empty()) { // the last so many bytes
    auto suffix = parse_decimal(last_text);
    if (!suffix) return {};
    if (*suffix == 0 || size == 0) return {.kind = Range::Kind::unsatisfiable};
    uint64_t length = *suffix < size ? *suffix : size;
    return {.kind = Range::Kind::part, .first = size - length, .length = length};
  }

  auto first = parse_decimal(first_text);
  auto last = last_text.empty() ? std::optional<uint64_t>(UINT64_MAX) : parse_decimal(last_text);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {.kind = Range::Kind::unsatisfiable};
  uint64_t end = *last < size - 1 ? *last : size - 1;
  return {.kind = Range::Kind::part, .first = *first, .length = end - *first + 1};
}

} // namespace minhttp::http
