// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <gtest/gtest.h>
#include <time.h>

#include <random>
#include <string>

#include "unit/panic.h"

namespace minhttp::test {
namespace {

constexpr int64_t last_second = 253'402'300'799; // 9999-12-31 23:59:59

std::string date(int64_t seconds) {
  char out[http::date_bytes];
  http::write_date(seconds, out);
  return {out, sizeof out};
}

// The C library's, in its C locale.
std::string expected(int64_t seconds) {
  time_t time = seconds;
  tm parts = {};
  gmtime_r(&time, &parts);
  char out[64];
  size_t size = strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {out, size};
}

TEST(Date, TheExampleOfTheRfc) { EXPECT_EQ(date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(Date, TheFirstAndTheLastSecond) {
  EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date(last_second), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_THROW(date(-1), Panic);
  EXPECT_THROW(date(last_second + 1), Panic);
}

TEST(Date, EveryDayUntil2500) {
  for (int64_t day = 0; day < 194'000; day++) ASSERT_EQ(date(day * 86400 + 86399), expected(day * 86400 + 86399));
}

TEST(Date, AroundEveryTurnOfAYear) {
  for (int64_t year = 1970; year <= 9999; year++) {
    tm parts = {};
    parts.tm_year = static_cast<int>(year - 1900);
    parts.tm_mday = 1;
    int64_t begin = timegm(&parts);
    parts = {};
    parts.tm_year = static_cast<int>(year - 1900);
    parts.tm_mon = 2;
    parts.tm_mday = 1;
    int64_t march = timegm(&parts);
    for (int64_t seconds : {begin - 1, begin, march - 86401, march - 86400, march - 1, march}) {
      if (seconds < 0) continue;
      ASSERT_EQ(date(seconds), expected(seconds)) << year;
    }
  }
}

TEST(Date, RandomSeconds) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50'000; i++) {
    auto seconds = static_cast<int64_t>(random() % static_cast<uint64_t>(last_second + 1));
    ASSERT_EQ(date(seconds), expected(seconds)) << seconds;
  }
}

TEST(Date, Months) {
  EXPECT_EQ(http::month_name(1), "Jan");
  EXPECT_EQ(http::month_name(12), "Dec");
  EXPECT_THROW((void)http::month_name(0), Panic);
  EXPECT_THROW((void)http::month_name(13), Panic);
}

} // namespace
} // namespace minhttp::test
