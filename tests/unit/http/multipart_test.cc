// SPDX-License-Identifier: MIT
#include "http/multipart.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "http/mime.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

using http::Boundaries;
using http::Multipart;

Multipart answer_to(std::string_view range, uint64_t size) {
  Multipart answer;
  answer.ranges = http::parse_ranges(range, size);
  answer.size = size;
  answer.type = "text/css";
  answer.boundary = Boundaries({1, 2}).next();
  return answer;
}

std::string text(const Multipart& answer, size_t part) {
  std::string out(http::multipart_text_max, 0);
  out.resize(http::write_multipart_text(out, answer, part));
  return out;
}

std::string whole(const Multipart& answer, const std::string& file) {
  std::string body;
  for (size_t i = 0; i < answer.ranges.count; i++) {
    const http::Part& part = answer.ranges.parts[i];
    body += text(answer, i) + file.substr(part.first, part.length);
  }
  return body + text(answer, answer.ranges.count);
}

TEST(MultipartAnswer, IsExactlyThisText) {
  Multipart answer = answer_to("bytes=0-1,-3", 10);
  std::string boundary(answer.boundary_text());
  EXPECT_EQ(whole(answer, "0123456789"), "--" + boundary +
                                             "\r\nContent-Type: text/css\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
                                             "\r\n--" +
                                             boundary +
                                             "\r\nContent-Type: text/css\r\nContent-Range: bytes 7-9/10\r\n\r\n789"
                                             "\r\n--" +
                                             boundary + "--\r\n");
}

TEST(MultipartAnswer, ItsLengthIsKnownBeforehand) {
  std::string file(1000, 'x');
  std::string range = "bytes=0-0,2-12,900-,20-20";
  for (int more = 0; more < 12; more++) {
    Multipart answer = answer_to(range, file.size());
    EXPECT_EQ(http::multipart_length(answer), whole(answer, file).size()) << range;
    range += "," + std::to_string(more * 60 + 31) + "-" + std::to_string(more * 61 + 40);
  }
}

TEST(MultipartAnswer, TheLengthForTheLargestFileDoesNotWrap) {
  Multipart answer = answer_to("bytes=0-4611686018427387903,4611686018427387905-", INT64_MAX);
  ASSERT_EQ(answer.ranges.count, 2);
  uint64_t parts = answer.ranges.parts[0].length + answer.ranges.parts[1].length;
  uint64_t texts = text(answer, 0).size() + text(answer, 1).size() + text(answer, 2).size();
  EXPECT_EQ(http::multipart_length(answer), parts + texts);
  EXPECT_GT(http::multipart_length(answer), parts);
}

TEST(MultipartAnswer, TheLongestTextFits) {
  Multipart answer = answer_to("bytes=0-0,9223372036854775806-", INT64_MAX);
  std::string type(256, 't');
  answer.type = type;
  EXPECT_LE(text(answer, 1).size(), http::multipart_text_max);
  char small[20];
  EXPECT_THROW((void)http::write_multipart_text(small, answer, 0), Panic);
}

TEST(MultipartAnswer, EveryMediaTypeFits) {
#define MIME(extension, type) EXPECT_LE(std::string_view(type).size(), 256U);
#include "tables/mime.def"
#undef MIME
}

TEST(Boundary, HasSixteenDigits) {
  Boundaries boundaries({0x0123456789abcdef, 0xfedcba9876543210});
  for (int i = 0; i < 100; i++) {
    http::Boundary boundary = boundaries.next();
    for (char c : boundary) EXPECT_TRUE(is_digit(c) || (c >= 'a' && c <= 'f'));
  }
}

TEST(Boundary, DiffersForEachResponseAndProcess) {
  std::set<http::Boundary> seen;
  size_t made = 0;
  std::mt19937_64 random(7);
  for (int process = 0; process < 10; process++) {
    uint64_t seed = random();
    for (Boundaries boundaries : {Boundaries({seed, 99}), Boundaries({99, seed})}) {
      for (int i = 0; i < 1000; i++, made++) seen.insert(boundaries.next());
    }
  }
  EXPECT_EQ(seen.size(), made);
}

TEST(Boundary, DependsOnNothingElse) { EXPECT_EQ(Boundaries({1, 2}).next(), Boundaries({1, 2}).next()); }

} // namespace
} // namespace minhttp::test
