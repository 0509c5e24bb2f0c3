// SPDX-License-Identifier: MIT
// Range: the first eight bytes are the size of a file, the ninth makes it smaller, the rest
// is the field's value.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "http/multipart.h"
#include "http/range.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::http::Part;
using minhttp::http::Ranges;

Ranges parse(std::string_view value, uint64_t size) {
  std::vector<char> copy(value.begin(), value.end()); // of the exact size
  minhttp::test::Cost cost;
  Ranges ranges = minhttp::http::parse_ranges({copy.data(), copy.size()}, size);
  minhttp::fuzz::check_cost("ranges", value.size(), minhttp::test::bound::ranges(value.size()));
  return ranges;
}

std::string write(const Ranges& ranges) {
  std::string value = "bytes=";
  for (const Part& part : ranges.list()) {
    value += std::to_string(part.first) + "-" + std::to_string(part.first + part.length - 1) + ",";
  }
  return value;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 9) return 0;
  uint64_t file = 0;
  std::memcpy(&file, data, sizeof file);
  file >>= 1 + data[8] % 63; // no file is larger than 2^63
  Ranges ranges = parse({reinterpret_cast<const char*>(data) + 9, size - 9}, file);
  demand((ranges.kind == Ranges::Kind::parts) == (ranges.count > 0), "parts where there are some");
  demand(ranges.count <= minhttp::limits::ranges_max, "no more than the limit");

  uint64_t sum = 0;
  for (size_t i = 0; i < ranges.count; i++) {
    const Part& a = ranges.parts[i];
    demand(a.length > 0 && a.first < file && a.length <= file - a.first, "a part of the file");
    for (size_t j = 0; j < i; j++) {
      const Part& b = ranges.parts[j];
      demand(a.first > b.first + b.length || b.first > a.first + a.length, "apart from each other");
    }
    sum += a.length;
  }
  demand(sum <= file, "no more than the file");
  if (ranges.count == 0) return 0;

  Ranges again = parse(write(ranges), file);
  demand(write(again) == write(ranges), "asked for as they are, they are the same");

  minhttp::http::Multipart answer;
  answer.ranges = ranges;
  answer.size = file;
  answer.type = "text/plain";
  uint64_t length = minhttp::http::multipart_length(answer);
  uint64_t texts_max = (minhttp::limits::ranges_max + 1) * minhttp::http::multipart_text_max;
  demand(length > sum && length - sum <= texts_max, "a bounded surplus");
  return 0;
}
