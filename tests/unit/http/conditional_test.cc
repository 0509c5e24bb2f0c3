// SPDX-License-Identifier: MIT
// Conditional requests, rule by rule, and the rules together against a second reading.

#include "http/conditional.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "h1/parse.h"
#include "http/date.h"
#include "http/values.h"
#include "unit/guard.h"

namespace minhttp::test {
namespace {

using http::Status;
using http::Validators;

constexpr int64_t now = 1'795'000'000;
constexpr Validators file = {.size = 26,
                             .seconds = 1'704'164'645,
                             .hashed = true,
                             .digest = {.high = 0x701b2fc13d46cd17, .low = 0x8d90c78f76093c30}};
using List = std::vector<std::string>;
const std::string tag = "\"cBsvwT1GzReNkMePdgk8MA\"";
const std::string date = "Tue, 02 Jan 2024 03:04:05 GMT"; // of the file
const std::string before = "Tue, 02 Jan 2024 03:04:04 GMT";
const std::string after = "Tue, 02 Jan 2024 03:04:06 GMT";

// Fields, each with its line end, as the head of a request; the views stay good until the next.
http::Request request(const std::string& fields, const std::string& method = "GET") {
  static Guard guard(1 << 16);
  h1::Progress progress;
  http::Request parsed;
  std::string_view head = guard.at_end(method + " / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  EXPECT_EQ(h1::parse_head(head, progress, parsed), h1::Outcome::done(head.size())) << fields;
  return parsed;
}

int judge(const std::string& fields, const Validators& validators = file) {
  return static_cast<int>(http::evaluate(request(fields), validators, now));
}

bool takes(const std::string& fields, const std::string& method = "GET", const Validators& validators = file) {
  return http::takes_range(request(fields, method), validators, now);
}
std::string line(const std::string& name, const std::string& value) { return name + ": " + value + "\r\n"; }
int none_match(const std::string& value) { return judge(line("If-None-Match", value)); }
int match(const std::string& value) { return judge(line("If-Match", value)); }
int modified(const std::string& value) { return judge(line("If-Modified-Since", value)); }
int unmodified(const std::string& value) { return judge(line("If-Unmodified-Since", value)); }

TEST(EntityTagOfAFile, MatchesWhatIsSent) { EXPECT_EQ(http::EntityTag(file).text(), tag); }

TEST(EntityTagOfAFile, TheLongestFits) {
  http::EntityTag longest(
      {.coding = http::Coding::zstd, .hashed = true, .digest = {.high = UINT64_MAX, .low = UINT64_MAX}});
  EXPECT_EQ(longest.text(), "\"_____________________w-zstd\"");
}

// A file whose content is not hashed yet. "*" is whatever is there.
TEST(EntityTagOfAFile, AFileWithoutATagMatchesNoTag) {
  Validators unknown = file;
  unknown.hashed = false;
  EXPECT_EQ(http::EntityTag(unknown).text(), "");
  for (const std::string& value : {tag, std::string("\"\""), std::string("W/\"\""), std::string()}) {
    EXPECT_EQ(judge(line("If-None-Match", value), unknown), 200) << value;
    EXPECT_EQ(judge(line("If-Match", value), unknown), 412) << value;
    EXPECT_FALSE(takes("Range: bytes=0-1\r\n" + line("If-Range", value), "GET", unknown)) << value;
  }
  EXPECT_EQ(judge(line("If-None-Match", "*"), unknown), 304);
  EXPECT_EQ(judge(line("If-Match", "*"), unknown), 200);
  EXPECT_EQ(judge(line("If-Modified-Since", date), unknown), 304);
}

TEST(Evaluate, WithoutConditionsTheFileIsSent) { EXPECT_EQ(judge(""), 200); }

TEST(IfNoneMatch, OneTag) {
  EXPECT_EQ(none_match(tag), 304);
  EXPECT_EQ(none_match("W/" + tag), 304) << "weak comparison";
  EXPECT_EQ(none_match("\"nope\""), 200);
  EXPECT_EQ(none_match("\"\""), 200);
  EXPECT_EQ(none_match("*"), 304);
  EXPECT_EQ(none_match(""), 200);
}

TEST(IfNoneMatch, Lists) {
  for (const std::string& list :
       List{"\"a\", " + tag, tag + ",\"b\"", "\"a\"," + tag + ",\"b\"", "\"a\", " + tag + " ,\"b\"", ", ,\t" + tag,
            tag + ",,", "W/\"a\", W/" + tag, "\"a,b\", " + tag, "\"\"," + tag, "\"\\\"," + tag, "\"W/\"," + tag,
            "\"*\"," + tag, "\"\xe9\xff\"," + tag, "\"!#~\"\t,\t" + tag}) {
    EXPECT_EQ(none_match(list), 304) << list;
  }
  for (const std::string& list : List{std::string("\"a\", \"b\""), std::string(","), "\"a," + tag + "\"",
                                      "\"" + tag + "\"", "\"a," + tag.substr(1), std::string("W/\"a\",W/\"b\"")}) {
    EXPECT_EQ(none_match(list), 200) << list;
  }
}

// A broken member matches nothing. One without a quote ends at its comma; behind one with a
// quote nothing is believed any more.
TEST(IfNoneMatch, MalformedMembersDoNotMatch) {
  const std::string bare = tag.substr(1, tag.size() - 2);
  for (const std::string& list : List{bare,
                                      "'" + bare + "'",
                                      "\"" + bare,
                                      bare + "\"",
                                      "w/" + tag,
                                      "W" + tag,
                                      "W/ " + tag,
                                      "W/W/" + tag,
                                      "x" + tag,
                                      tag + "x",
                                      tag + " x",
                                      tag + ";x",
                                      tag + tag,
                                      "/" + tag,
                                      "\"" + bare + " \"",
                                      "\" " + bare + "\"",
                                      "\"1a-65937D25-0\"",
                                      "\"a b\", " + tag,
                                      "\"a\" \"b\", " + tag,
                                      "\"a\"b, " + tag,
                                      "\"unended, " + tag,
                                      "a\"b, " + tag,
                                      "*, " + tag.substr(2),
                                      "**",
                                      "\"a\", *",
                                      "W/*",
                                      "* *"}) {
    EXPECT_EQ(none_match(list), 200) << list;
  }
  EXPECT_EQ(none_match("nope, " + tag), 304);
  EXPECT_EQ(none_match("W/nope, " + tag), 304);
  EXPECT_EQ(none_match("a b c," + tag), 304);
  EXPECT_EQ(none_match("*, " + tag), 304) << "by the tag";
}

TEST(IfNoneMatch, SeveralLines) {
  EXPECT_EQ(judge(line("If-None-Match", "\"a\"") + line("If-None-Match", tag)), 304);
  EXPECT_EQ(judge(line("If-None-Match", tag) + line("if-none-match", "\"a\"")), 304);
  EXPECT_EQ(judge(line("If-None-Match", "\"a\"") + "X: y\r\n" + line("IF-NONE-MATCH", "\"b\", W/" + tag)), 304);
  EXPECT_EQ(judge(line("If-None-Match", "\"broken") + line("If-None-Match", tag)), 304) << "a line is read by itself";
  EXPECT_EQ(judge(line("If-None-Match", "\"a\"") + line("X-If-None-Match", tag)), 200);
  EXPECT_EQ(judge(line("If-None-Match", "*") + line("If-None-Match", "*")), 200) << "no list of stars";
  EXPECT_EQ(judge(line("If-None-Match", "*") + line("If-None-Match", "\"a\"")), 200);
  EXPECT_EQ(judge(line("If-None-Match", "\"a\"") + line("If-None-Match", "*")), 200);
  std::string many;
  for (int i = 0; i < 400; i++) many += line("If-None-Match", "\"a\", \"" + std::to_string(i) + "\"");
  EXPECT_EQ(judge(many), 200);
  EXPECT_EQ(judge(many + line("If-None-Match", tag)), 304);
}

TEST(IfMatch, StrongComparison) {
  EXPECT_EQ(match(tag), 200);
  EXPECT_EQ(match("\"a\", " + tag), 200);
  EXPECT_EQ(match("W/" + tag), 412);
  EXPECT_EQ(match("W/" + tag + ", " + tag), 200);
  EXPECT_EQ(match("\"nope\""), 412);
  EXPECT_EQ(match("*"), 200);
  EXPECT_EQ(match(""), 412);
  EXPECT_EQ(match("nope"), 412);
  EXPECT_EQ(judge(line("If-Match", "\"a\"") + line("If-Match", tag)), 200);
  EXPECT_EQ(judge(line("If-Match", "*") + line("If-Match", "\"a\"")), 412);
}

TEST(IfModifiedSince, Dates) {
  EXPECT_EQ(modified(date), 304);
  EXPECT_EQ(modified(after), 304);
  EXPECT_EQ(modified(before), 200);
  EXPECT_EQ(modified("Fri, 31 Dec 9999 23:59:59 GMT"), 304);
  EXPECT_EQ(modified("Sat, 01 Jan 2000 00:00:00 GMT"), 200);
  EXPECT_EQ(modified("Tuesday, 02-Jan-24 03:04:05 GMT"), 304);
  EXPECT_EQ(modified("Tue Jan  2 03:04:05 2024"), 304);
  EXPECT_EQ(modified("Tue, 02 Jan 2024 03:03:60 GMT"), 200);
  EXPECT_EQ(modified("garbage"), 200);
  EXPECT_EQ(modified(""), 200);
  EXPECT_EQ(modified(date + ", " + date), 200) << "a date is no list";
  EXPECT_EQ(judge(line("If-Modified-Since", date) + line("If-Modified-Since", date)), 200);
}

TEST(IfUnmodifiedSince, Dates) {
  EXPECT_EQ(unmodified(date), 200);
  EXPECT_EQ(unmodified(after), 200);
  EXPECT_EQ(unmodified(before), 412);
  EXPECT_EQ(unmodified("Tuesday, 02-Jan-24 03:04:04 GMT"), 412);
  EXPECT_EQ(unmodified("Tue Jan  2 03:04:04 2024"), 412);
  EXPECT_EQ(unmodified("garbage"), 200);
  EXPECT_EQ(unmodified(""), 200);
  EXPECT_EQ(judge(line("If-Unmodified-Since", before) + line("If-Unmodified-Since", before)), 200);
}

// What we do not send as Last-Modified is not compared either.
TEST(Dates, WithoutLastModifiedDatesAreNotCompared) {
  for (int64_t seconds : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, http::cleared_time, now + 1, INT64_MAX}) {
    Validators odd = {.size = 26, .seconds = seconds, .nanoseconds = 0};
    EXPECT_EQ(judge(line("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT"), odd), 200) << seconds;
    EXPECT_EQ(judge(line("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"), odd), 200) << seconds;
  }
  EXPECT_EQ(judge(line("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT"), {.size = 1, .seconds = now}), 304);
  EXPECT_EQ(judge(line("If-Modified-Since", "Thu, 03 Jan 1980 00:00:00 GMT"), {.seconds = http::cleared_time + 1}),
            304);
}

// The four fields in every combination, against section 13.2.2 as it is written.
TEST(Evaluate, OrderOfPrecedence) {
  enum { absent, holds, fails, broken };
  const std::string matches[] = {"", tag, "\"x\"", "x"};
  const std::string none_matches[] = {"", "\"x\"", tag, "x"};
  const std::string unmodifieds[] = {"", date, before, "x"};
  const std::string modifieds[] = {"", before, date, "x"};
  for (int m = 0; m < 4; m++) {
    for (int u = 0; u < 4; u++) {
      for (int n = 0; n < 4; n++) {
        for (int s = 0; s < 4; s++) {
          int expected = 200;
          if (m == fails || m == broken || (m == absent && u == fails)) {
            expected = 412;
          } else if (n == fails || (n == absent && s == fails)) {
            expected = 304;
          }
          std::string fields;
          if (s != absent) fields += line("If-Modified-Since", modifieds[s]);
          if (n != absent) fields += line("If-None-Match", none_matches[n]);
          if (u != absent) fields += line("If-Unmodified-Since", unmodifieds[u]);
          if (m != absent) fields += line("If-Match", matches[m]);
          ASSERT_EQ(judge(fields), expected) << fields;
        }
      }
    }
  }
}

const std::string range = line("Range", "bytes=0-4");
bool if_range(const std::string& value) { return takes(range + line("If-Range", value)); }

TEST(TakesRange, OnlyOnceAndOnlyForGet) {
  EXPECT_TRUE(takes(range));
  EXPECT_FALSE(takes(""));
  EXPECT_FALSE(takes(range + range));
  EXPECT_FALSE(takes(range + range + range));
  EXPECT_FALSE(takes(range, "HEAD")) << "section 14.2: for GET alone";
  EXPECT_FALSE(takes(range, "POST"));
}

TEST(IfRange, Tags) {
  EXPECT_TRUE(if_range(tag));
  EXPECT_FALSE(if_range("W/" + tag)) << "strong comparison";
  for (const std::string& other : List{std::string("\"nope\""), std::string(), std::string("*"), tag + ", " + tag,
                                       tag + "x", "\"a\", " + tag, tag.substr(1), tag.substr(1, tag.size() - 2)}) {
    EXPECT_FALSE(if_range(other)) << other;
  }
  EXPECT_FALSE(takes(range + line("If-Range", tag) + line("If-Range", tag))) << "one value, not two";
  EXPECT_FALSE(takes(line("If-Range", tag))) << "nothing without Range";
}

TEST(IfRange, DatesMustBeExact) {
  EXPECT_TRUE(if_range(date));
  EXPECT_TRUE(if_range("Tuesday, 02-Jan-24 03:04:05 GMT"));
  EXPECT_FALSE(if_range(before));
  EXPECT_FALSE(if_range(after));
  EXPECT_FALSE(if_range("Mon, 01 Jan 2035 00:00:00 GMT"));
  EXPECT_FALSE(if_range("garbage"));
}

// Within its second a file may have changed again: section 8.8.2.2.
TEST(IfRange, DatesOfYoungFilesAreWeak) {
  auto of_age = [](int64_t age) {
    Validators young = {.size = 26, .seconds = now - age, .nanoseconds = 0};
    char text[http::date_bytes];
    http::write_date(young.seconds, text);
    return takes(range + line("If-Range", {text, sizeof text}), "GET", young);
  };
  EXPECT_FALSE(of_age(-1));
  EXPECT_FALSE(of_age(0));
  EXPECT_FALSE(of_age(1));
  EXPECT_FALSE(of_age(59));
  EXPECT_TRUE(of_age(60));
  EXPECT_TRUE(of_age(1'000'000));
  EXPECT_FALSE(of_age(now)) << "no Last-Modified at the epoch";
}

TEST(Values, ReturnsTheLinesOfAFieldInOrder) {
  auto all = [](const std::string& fields) {
    http::Request parsed = request(fields);
    http::Values values(parsed, http::Field::if_match);
    std::vector<std::string> found;
    for (std::string_view value; values.next(value);) found.emplace_back(value);
    return found;
  };
  EXPECT_EQ(all(""), List{});
  EXPECT_EQ(all("If-Match: a\r\n"), List{"a"});
  EXPECT_EQ(all("if-match:\ta \t\r\nX: If-Match: b\r\nIF-MATCH:\r\nIf-Match:c"
                "\r\n"),
            (List{"a", "", "c"}));
  EXPECT_EQ(all("If-Matching: a\r\nIf-Matc: b\r\nIf-None-Match: c\r\n"), List{});
}

} // namespace
} // namespace minhttp::test
