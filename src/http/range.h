#pragma once
// The Range field (RFC 9110 section 14.1.2), one range of bytes.

#include <cstdint>
#include <string_view>

namespace minhttp::http {

struct Range {
  enum class Kind : uint8_t {
    all,          // no range, or one that we ignore: the whole representation, 200
    part,         // 206
    unsatisfiable // 416
  };
  Kind kind = Kind::all;
  uint64_t first = 0;
  uint64_t length = 0; // of a part, at least 1
};

// value: of the Range field; size: of the representation. A malformed value, another unit
// and a list of several ranges are ignored, as section 14.2 allows.
Range parse_range(std::string_view value, uint64_t size);

} // namespace minhttp::http
