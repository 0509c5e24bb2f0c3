// SPDX-License-Identifier: MIT
#include "http/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace minhttp::test {
namespace {

using http::Part;
using http::Ranges;
using Kind = http::Ranges::Kind;

// "all", "none" for 416, or the parts as first+length.
std::string show(const Ranges& ranges) {
  if (ranges.kind == Kind::all) return "all";
  if (ranges.kind == Kind::unsatisfiable) return "none";
  std::string text;
  for (const Part& part : ranges.list()) {
    text += (text.empty() ? "" : " ") + std::to_string(part.first) + "+" + std::to_string(part.length);
  }
  return text;
}

std::string parse(std::string_view value, uint64_t size) { return show(http::parse_ranges(value, size)); }

// A range as it is written, and an independent reading of it: byte by byte.
struct Spec {
  int first; // -1: a suffix of `last` bytes
  int last;  // -1: not given
};

std::string write(const Spec& spec) {
  std::string text = spec.first < 0 ? "-" : std::to_string(spec.first) + "-";
  return text + (spec.last < 0 ? "" : std::to_string(spec.last));
}

bool is_valid(const Spec& spec) { return spec.first < 0 ? spec.last >= 0 : spec.last < 0 || spec.last >= spec.first; }

bool asks_for(const Spec& spec, int byte, int size) {
  if (spec.first < 0) return byte >= size - spec.last;
  return byte >= spec.first && (spec.last < 0 || byte <= spec.last);
}

// The answer to a set: parts as sets of bytes, and any two that touch made one until none do.
std::string oracle(const std::vector<Spec>& set, int size) {
  if (size == 0) return "all"; // an empty file has no parts
  std::vector<std::vector<bool>> parts;
  for (const Spec& spec : set) {
    if (!is_valid(spec)) return "all";
    std::vector<bool> bytes(static_cast<size_t>(size));
    for (int byte = 0; byte < size; byte++) bytes[static_cast<size_t>(byte)] = asks_for(spec, byte, size);
    if (std::find(bytes.begin(), bytes.end(), true) != bytes.end()) parts.push_back(bytes);
  }
  auto touch = [&](const auto& a, const auto& b) {
    for (size_t i = 0; i < a.size(); i++) {
      if (a[i] && (b[i] || (i > 0 && b[i - 1]) || (i + 1 < b.size() && b[i + 1]))) return true;
    }
    return false;
  };
  for (size_t i = 0; i < parts.size(); i++) {
    for (size_t j = i + 1; j < parts.size(); j++) {
      if (!touch(parts[i], parts[j])) continue;
      for (size_t byte = 0; byte < parts[i].size(); byte++) {
        if (parts[j][byte]) parts[i][byte] = true;
      }
      parts.erase(parts.begin() + static_cast<long>(j));
      i = SIZE_MAX; // from the beginning
      break;
    }
  }
  if (parts.empty()) return "none";
  std::string text;
  for (const auto& bytes : parts) {
    auto first = std::find(bytes.begin(), bytes.end(), true) - bytes.begin();
    text += (text.empty() ? "" : " ") + std::to_string(first) + "+" +
            std::to_string(std::count(bytes.begin(), bytes.end(), true));
  }
  return text;
}

void expect_as_oracle(const std::vector<Spec>& set, int size) {
  std::string value = "bytes=";
  for (const Spec& spec : set) value += (value.back() == '=' ? "" : ",") + write(spec);
  ASSERT_EQ(parse(value, static_cast<uint64_t>(size)), oracle(set, size)) << value << " of " << size;
}

std::vector<Spec> every_spec(int until) {
  std::vector<Spec> all;
  for (int first = -1; first <= until; first++) {
    for (int last = -1; last <= until; last++) all.push_back({first, last});
  }
  return all;
}

TEST(Ranges, EverySmallRange) {
  for (int size = 0; size <= 8; size++) {
    for (const Spec& spec : every_spec(11)) expect_as_oracle({spec}, size);
  }
}

TEST(Ranges, EveryPairOfSmallRanges) {
  for (int size = 0; size <= 6; size++) {
    for (const Spec& a : every_spec(7)) {
      for (const Spec& b : every_spec(7)) expect_as_oracle({a, b}, size);
    }
  }
}

TEST(Ranges, RandomSets) {
  std::mt19937 random(14);
  for (int round = 0; round < 100'000; round++) {
    int size = static_cast<int>(random() % 40);
    std::vector<Spec> set(random() % (limits::ranges_max + 1));
    if (set.empty()) continue;
    for (Spec& spec : set) {
      spec.first = static_cast<int>(random() % 44) - 2;
      spec.last = static_cast<int>(random() % 6) - 1;
      if (spec.first < 0) spec = {-1, static_cast<int>(random() % 5)};
      if (spec.first >= 0 && spec.last >= 0) spec.last += spec.first;
    }
    expect_as_oracle(set, size);
  }
}

TEST(Ranges, TheExamplesOfTheRfc) { // section 14.1.2, a file of 10000 bytes
  EXPECT_EQ(parse("bytes=0-499", 10000), "0+500");
  EXPECT_EQ(parse("bytes=500-999", 10000), "500+500");
  EXPECT_EQ(parse("bytes=-500", 10000), "9500+500");
  EXPECT_EQ(parse("bytes=9500-", 10000), "9500+500");
  EXPECT_EQ(parse("bytes=0-0,-1", 10000), "0+1 9999+1");
  EXPECT_EQ(parse("bytes= 0-999, 4500-5499, -1000", 10000), "0+1000 4500+1000 9000+1000");
  EXPECT_EQ(parse("bytes=500-600,601-999", 10000), "500+500");
  EXPECT_EQ(parse("bytes=500-700,601-999", 10000), "500+500");
}

TEST(Ranges, LargeFiles) {
  uint64_t size = 5'000'000'000;
  EXPECT_EQ(parse("bytes=4294967296-", size), "4294967296+705032704");
  EXPECT_EQ(parse("bytes=0-18446744073709551615", size), "0+5000000000");
  EXPECT_EQ(parse("bytes=0-99999999999999999999999", size), "0+5000000000");
  EXPECT_EQ(parse("bytes=-99999999999999999999999", size), "0+5000000000");
  EXPECT_EQ(parse("bytes=4999999999-4999999999", size), "4999999999+1");
  EXPECT_EQ(parse("bytes=5000000000-", size), "none");
  EXPECT_EQ(parse("bytes=99999999999999999999999-", size), "none");
  EXPECT_EQ(parse("bytes=18446744073709551616-18446744073709551620", size), "none");
  EXPECT_EQ(parse("bytes=99999999999999999999999-,-1", size), "4999999999+1");
  uint64_t largest = INT64_MAX; // what a file can have
  EXPECT_EQ(parse("bytes=0-0,9223372036854775806-", largest), "0+1 9223372036854775806+1");
  EXPECT_EQ(parse("bytes=1-,0-0", largest), "0+9223372036854775807");
}

TEST(Ranges, SpacesCaseAndEmptyMembers) {
  EXPECT_EQ(parse("BYTES=1-2", 10), "1+2");
  EXPECT_EQ(parse("bytes= 1-2 ", 10), "1+2");
  EXPECT_EQ(parse("bytes=001-002", 10), "1+2");
  EXPECT_EQ(parse("bytes=1-2\t,\t 5-6", 10), "1+2 5+2");
  EXPECT_EQ(parse("bytes=0-1,", 10), "0+2") << "empty members of a list: section 5.6.1.2";
  EXPECT_EQ(parse("bytes=, ,0-1,,, 4-4 ,", 10), "0+2 4+1");
}

TEST(Ranges, MalformedRangesAreIgnored) {
  for (const char* value : {"",
                            "bytes",
                            "bytes=",
                            "bytes=-",
                            "bytes=1",
                            "bytes=a-b",
                            "bytes=1-b",
                            "bytes=a-1",
                            "bytes=1-2-3",
                            "bytes=1--2",
                            "bytes=--1",
                            "bytes=,",
                            "bytes= , ",
                            "items=0-1",
                            "bytes 0-1",
                            "bytes:0-1",
                            "bytes=0 -1",
                            "bytes=0- 1",
                            "bytes=+0-1",
                            "bytes=0x0-1",
                            "bytes=0-1;x",
                            "byte=0-1",
                            "bytesx=0-1",
                            "bytes=0-1 2-3",
                            "bytes=5-3",
                            "bytes=0-1,5-3",
                            "bytes=0-1,x",
                            "bytes=0-1,-",
                            "bytes=99-98,0-1",
                            "none",
                            "0-1",
                            " bytes=0-1",
                            "bytes =0-1",
                            "bytes=0-1,bytes=2-3"}) {
    EXPECT_EQ(parse(value, 10), "all") << value;
  }
}

TEST(Ranges, MoreRangesThanTheLimitAreIgnored) {
  auto asking_for = [](size_t count, const std::string& spec) {
    std::string value = "bytes=";
    for (size_t i = 0; i < count; i++) value += spec + ",";
    return value;
  };
  EXPECT_EQ(parse(asking_for(limits::ranges_max, "0-"), 10), "0+10");
  EXPECT_EQ(parse(asking_for(limits::ranges_max + 1, "0-"), 10), "all");
  EXPECT_EQ(parse(asking_for(limits::ranges_max + 1, "20-"), 10), "all") << "unsatisfiable ones count too";
  EXPECT_EQ(parse(asking_for(2000, ""), 10), "all");
  std::string value = "bytes=";
  std::string expected;
  for (size_t i = 0; i < limits::ranges_max; i++) {
    value += std::to_string(i * 2) + "-" + std::to_string(i * 2) + ",";
    expected += (i == 0 ? "" : " ") + std::to_string(i * 2) + "+1";
  }
  EXPECT_EQ(parse(value, 100), expected);
}

TEST(Ranges, ContentRange) {
  auto written = [](Part part, uint64_t size) {
    char out[100];
    Writer writer(out);
    http::write_content_range(writer, part, size);
    return std::string(writer.view());
  };
  EXPECT_EQ(written({.first = 7, .length = 3}, 10), "Content-Range: bytes 7-9/10\r\n");
  EXPECT_EQ(written({.first = 0, .length = INT64_MAX}, INT64_MAX),
            "Content-Range: bytes 0-9223372036854775806/9223372036854775807\r\n");
}

} // namespace
} // namespace minhttp::test
