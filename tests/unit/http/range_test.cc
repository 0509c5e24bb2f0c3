#include "http/range.h"

#include <gtest/gtest.h>

#include <string>

namespace minhttp::test {
namespace {

using http::parse_range;
using http::Range;
using Kind = http::Range::Kind;

void expect_part(std::string_view value, uint64_t size, uint64_t first, uint64_t length) {
  Range range = parse_range(value, size);
  EXPECT_EQ(range.kind, Kind::part) << value << " of " << size;
  EXPECT_EQ(range.first, first) << value << " of " << size;
  EXPECT_EQ(range.length, length) << value << " of " << size;
}

// Every first and last of small sizes, byte by byte.
TEST(Range, EverySmallOne) {
  for (uint64_t size = 0; size <= 8; size++) {
    for (uint64_t first = 0; first <= 10; first++) {
      for (uint64_t last = 0; last <= 11; last++) { // 11: not given
        std::string value = "bytes=" + std::to_string(first) + "-" + (last == 11 ? "" : std::to_string(last));
        uint64_t begin = UINT64_MAX;
        uint64_t count = 0;
        for (uint64_t byte = 0; byte < size; byte++) {
          if (byte < first || byte > last) continue;
          if (count++ == 0) begin = byte;
        }
        if (last < first) {
          EXPECT_EQ(parse_range(value, size).kind, Kind::all) << value << ": not valid, so ignored";
        } else if (count == 0) {
          EXPECT_EQ(parse_range(value, size).kind, Kind::unsatisfiable) << value << " of " << size;
        } else {
          expect_part(value, size, begin, count);
        }
      }
    }
  }
}

TEST(Range, EverySmallSuffix) {
  for (uint64_t size = 0; size <= 8; size++) {
    for (uint64_t suffix = 0; suffix <= 10; suffix++) {
      std::string value = "bytes=-" + std::to_string(suffix);
      if (suffix == 0 || size == 0) {
        EXPECT_EQ(parse_range(value, size).kind, Kind::unsatisfiable) << value << " of " << size;
      } else {
        uint64_t length = std::min(suffix, size);
        expect_part(value, size, size - length, length);
      }
    }
  }
}

TEST(Range, LargeFiles) {
  uint64_t size = 5'000'000'000;
  expect_part("bytes=4294967296-", size, 4294967296, size - 4294967296);
  expect_part("bytes=0-18446744073709551615", size, 0, size);
  expect_part("bytes=0-99999999999999999999999", size, 0, size);
  expect_part("bytes=-99999999999999999999999", size, 0, size);
  expect_part("bytes=4999999999-4999999999", size, size - 1, 1);
  EXPECT_EQ(parse_range("bytes=5000000000-", size).kind, Kind::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=99999999999999999999999-", size).kind, Kind::unsatisfiable);
}

TEST(Range, WrittenOtherwise) {
  expect_part("BYTES=1-2", 10, 1, 2);
  expect_part("bytes= 1-2 ", 10, 1, 2);
  expect_part("bytes=001-002", 10, 1, 2);
}

TEST(Range, IgnoredWhereItIsNotOne) {
  for (const char* value : {"",           "bytes",      "bytes=",      "bytes=-",     "bytes=1",   "bytes=a-b",
                            "bytes=1-b",  "bytes=a-1",  "bytes=1-2-3", "bytes=1--2",  "bytes=--1", "bytes=0-1,2-3",
                            "bytes=0-1,", "bytes=,0-1", "items=0-1",   "bytes 0-1",   "bytes:0-1", "bytes=0 -1",
                            "bytes=0- 1", "bytes=+0-1", "bytes=0x0-1", "bytes=0-1;x", "byte=0-1",  "bytesx=0-1"}) {
    EXPECT_EQ(parse_range(value, 10).kind, Kind::all) << value;
  }
}

} // namespace
} // namespace minhttp::test
