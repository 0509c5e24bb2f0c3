// SPDX-License-Identifier: MIT
// HTTP dates, read.

#include <gtest/gtest.h>
#include <time.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "http/date.h"

namespace minhttp::test {
namespace {

constexpr int64_t rfc = 784'111'777;              // Sun, 06 Nov 1994 08:49:37 GMT
constexpr int64_t now = 1'795'000'000;            // Wed, 18 Nov 2026 11:06:40 GMT
constexpr int64_t last_second = 253'402'300'799;  // 9999-12-31 23:59:59
constexpr int64_t first_second = -62'167'219'200; // 0000-01-01 00:00:00
constexpr const char* formats[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"};

std::optional<int64_t> read(std::string_view text, int64_t at = now) { return http::parse_date(text, at); }

// As the C library writes it, in its C locale; the year with four digits.
std::string write(const char* format, int64_t seconds) {
  time_t time = seconds;
  tm parts = {};
  gmtime_r(&time, &parts);
  std::string fixed(format);
  char year[16];
  std::snprintf(year, sizeof year, "%04d", parts.tm_year + 1900);
  if (auto at = fixed.find("%Y"); at != fixed.npos) fixed.replace(at, 2, year);
  char out[64];
  return {out, strftime(out, sizeof out, fixed.c_str(), &parts)};
}

TEST(ParseDate, TheExamplesOfTheRfc) {
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:37 GMT"), rfc);
  EXPECT_EQ(read("Sunday, 06-Nov-94 08:49:37 GMT"), rfc);
  EXPECT_EQ(read("Sun Nov  6 08:49:37 1994"), rfc);
  EXPECT_EQ(read("Sun Nov 06 08:49:37 1994"), rfc) << "date3 has two digits, or a space and one";
}

TEST(ParseDate, EveryDayOfFourCenturies) {
  for (int64_t day = -25'568; day < 146'100; day++) { // from 1899 on
    int64_t seconds = day * 86400 + (day * 7919 % 86400 + 86400) % 86400;
    ASSERT_EQ(read(write(formats[0], seconds)), seconds);
    ASSERT_EQ(read(write(formats[2], seconds)), seconds);
  }
}

TEST(ParseDate, TheFirstAndTheLastSecond) {
  EXPECT_EQ(read("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(read("Wed, 31 Dec 1969 23:59:59 GMT"), -1);
  EXPECT_EQ(read("Fri, 31 Dec 9999 23:59:59 GMT"), last_second);
  EXPECT_EQ(read("Sat, 01 Jan 0000 00:00:00 GMT"), first_second);
  EXPECT_EQ(read("Tue, 29 Feb 0000 00:00:00 GMT"), first_second + 59 * 86400);
  EXPECT_EQ(read("Wed, 01 Mar 0000 00:00:00 GMT"), first_second + 60 * 86400);
}

TEST(ParseDate, RandomSeconds) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 50'000; i++) {
    int64_t seconds = first_second + static_cast<int64_t>(random() % static_cast<uint64_t>(last_second - first_second));
    ASSERT_EQ(read(write(formats[0], seconds)), seconds) << write(formats[0], seconds);
    ASSERT_EQ(read(write(formats[2], seconds)), seconds) << write(formats[2], seconds);
  }
}

// Whatever the time is now: the last fifty years and the next fifty can be written.
TEST(ParseDate, TwoDigitsOfAYear) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 50'000; i++) {
    int64_t at = 1'000'000'000 + static_cast<int64_t>(random() % 10'000'000'000);
    int64_t fifty_years = 49LL * 365 * 86400;
    int64_t seconds = at - fifty_years + static_cast<int64_t>(random() % static_cast<uint64_t>(2 * fifty_years));
    ASSERT_EQ(read(write(formats[1], seconds), at), seconds) << write(formats[1], seconds) << " at " << at;
  }
}

TEST(ParseDate, FiftyYearsAheadAreTheLimit) {
  int64_t limit = *read("Wed, 18 Nov 2076 11:06:40 GMT");
  EXPECT_EQ(write(formats[0], now), "Wed, 18 Nov 2026 11:06:40 GMT");
  EXPECT_EQ(read("Wednesday, 18-Nov-76 11:06:40 GMT"), limit);
  EXPECT_EQ(read("Wednesday, 18-Nov-76 11:06:41 GMT"), read("Thu, 18 Nov 1976 11:06:41 GMT"));
  EXPECT_EQ(read("Wednesday, 18-Nov-76 11:07:00 GMT"), read("Thu, 18 Nov 1976 11:07:00 GMT"));
  EXPECT_EQ(read("Wednesday, 18-Nov-76 12:00:00 GMT"), read("Thu, 18 Nov 1976 12:00:00 GMT"));
  EXPECT_EQ(read("Wednesday, 19-Nov-76 00:00:00 GMT"), read("Thu, 19 Nov 1976 00:00:00 GMT"));
  EXPECT_EQ(read("Wednesday, 01-Dec-76 00:00:00 GMT"), read("Thu, 01 Dec 1976 00:00:00 GMT"));
  EXPECT_EQ(read("Friday, 01-Jan-77 00:00:00 GMT"), read("Sat, 01 Jan 1977 00:00:00 GMT"));
  EXPECT_EQ(read("Friday, 31-Dec-75 00:00:00 GMT"), read("Fri, 31 Dec 2075 00:00:00 GMT"));
  EXPECT_EQ(read("Monday, 06-Nov-00 08:49:37 GMT"), read("Mon, 06 Nov 2000 08:49:37 GMT"));
  EXPECT_EQ(read("Monday, 06-Nov-99 08:49:37 GMT"), read("Mon, 06 Nov 1999 08:49:37 GMT"));
  EXPECT_EQ(read("Thursday, 29-Feb-24 00:00:00 GMT"), read("Thu, 29 Feb 2024 00:00:00 GMT"));
}

// Found by fuzzing: two digits can mean a year of five.
TEST(ParseDate, TwoDigitsAtTheEndOfACentury) {
  int64_t last = last_second;
  EXPECT_EQ(read("Friday, 31-Dec-99 23:59:59 GMT", last), last);
  EXPECT_EQ(read("Saturday, 01-Jan-00 00:00:00 GMT", last), last + 1);
  EXPECT_EQ(read("Saturday, 01-Jan-50 00:00:00 GMT", last), read("Sat, 01 Jan 9950 00:00:00 GMT"));
}

TEST(ParseDate, LeapSecond) {
  EXPECT_EQ(read("Sat, 31 Dec 2016 23:59:60 GMT"), read("Sun, 01 Jan 2017 00:00:00 GMT"));
  EXPECT_EQ(read("Saturday, 31-Dec-16 23:59:60 GMT"), read("Sun, 01 Jan 2017 00:00:00 GMT"));
  EXPECT_EQ(read("Sat Dec 31 23:59:60 2016"), read("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST(ParseDate, TheWeekdayNeedNotBeRight) { EXPECT_EQ(read("Fri, 06 Nov 1994 08:49:37 GMT"), rfc); }

TEST(ParseDate, MalformedDatesAreRefused) {
  for (const char* text : {
           "",
           "garbage",
           "0",
           "784111777",
           "Sun",
           "Sun,",
           "Sun, ",
           "S",
           "Sun, 06 Nov 1994",
           "Sun, 6 Nov 1994 08:49:37 GMT", // day-month-year of two digits
           "Sun, 06 Nov 94 08:49:37 GMT",  // and of four
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sun, 06 Nov 1994 08:49 GMT",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 +0000",
           "Sun, 06 Nov 1994 08:49:37 gmt",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "SUN, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 06 NOV 1994 08:49:37 GMT",
           "Sun,06 Nov 1994 08:49:37 GMT",
           "Sun,  06 Nov 1994 08:49:37 GMT",
           "Sun, 06  Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994  08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37  GMT",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           "Sun, 06 Nov 1994 08:49:37 GMTx",
           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06-Nov-1994 08:49:37 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sun, 31 Nov 1994 08:49:37 GMT",
           "Sun, 32 Dec 1994 08:49:37 GMT",
           "Sun, 29 Feb 2023 08:49:37 GMT",
           "Sun, 29 Feb 2100 08:49:37 GMT",
           "Sun, 30 Feb 2024 08:49:37 GMT",
           "Sun, 06 Foo 1994 08:49:37 GMT",
           "Sun, 06 11 1994 08:49:37 GMT",
           "Tue, 99 Foo 9999 99:99:99 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:37 GMT",
           "Sun, 06 Nov 1994 08:49:61 GMT",
           "Sun, 06 Nov 1994 -8:49:37 GMT",
           "Sun, 06 Nov +994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:3\xb9 GMT",
           "Sun, 06 Nov 11994 08:49:37 GMT",
           "Foo, 06 Nov 1994 08:49:37 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Monday, 06-Nov-1994 08:49:37 GMT",
           "Sunday 06-Nov-94 08:49:37 GMT",
           "Sundays, 06-Nov-94 08:49:37 GMT",
           "Mosday, 06-Nov-94 08:49:37 GMT",
           "Tueday, 06-Nov-94 08:49:37 GMT",
           "SunDay, 06-Nov-94 08:49:37 GMT",
           "Sunday, 6-Nov-94 08:49:37 GMT",
           "Sunday, 31-Nov-94 08:49:37 GMT",
           "Sunday, 29-Feb-23 08:49:37 GMT",
           "Sunday, 06-Nov-94 08:49:37",
           "Sunday, 06-Nov-9 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994", // a space or a digit is missing
           "Sun Nov   6 08:49:37 1994",
           "Sun Nov  66 08:49:37 1994",
           "Sun Nov  0 08:49:37 1994",
           "Sun Nov  6 08:49:37 94",
           "Sun Nov  6 08:49:37 1994 GMT",
           "Sun Nov  6 08:49:37",
           "Sun  Nov  6 08:49:37 1994",
           "Sun Nov 31 08:49:37 1994",
           "Sun 06 Nov 1994 08:49:37 GMT",
       }) {
    EXPECT_EQ(read(text), std::nullopt) << text;
  }
}

// One byte changed is another date or none, and never one that a second writing would not give.
TEST(ParseDate, EveryByteChanged) {
  for (const char* format : formats) {
    std::string good = write(format, rfc);
    for (size_t i = 0; i < good.size(); i++) {
      for (int byte = 0; byte < 256; byte++) {
        std::string text = good;
        text[i] = static_cast<char>(byte);
        auto seconds = read(text);
        if (!seconds) continue;
        std::string again = write(format, *seconds);
        // The weekday may be wrong, and Nov 06 is as good as Nov  6.
        auto essence = [](std::string s) {
          s.erase(0, s.find(' '));
          if (s[5] == '0') s[5] = ' ';
          return s;
        };
        ASSERT_EQ(essence(again), essence(text)) << format;
      }
    }
    for (size_t end = 0; end < good.size(); end++) ASSERT_EQ(read(good.substr(0, end)), std::nullopt);
  }
}

} // namespace
} // namespace minhttp::test
