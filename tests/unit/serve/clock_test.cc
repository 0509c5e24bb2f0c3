// SPDX-License-Identifier: MIT
#include "serve/clock.h"

#include <gtest/gtest.h>
#include <time.h>

#include <string>

namespace minhttp::test {
namespace {

std::string format(const char* how, time_t seconds) {
  tm parts = {};
  gmtime_r(&seconds, &parts);
  char out[64];
  return {out, strftime(out, sizeof out, how, &parts)};
}

TEST(Clock, HasTheTimeAsSecondsAndAsText) {
  serve::Clock clock;
  time_t before = time(nullptr);
  clock.read();
  time_t after = time(nullptr);
  EXPECT_GE(clock.seconds(), before);
  EXPECT_LE(clock.seconds(), after);
  EXPECT_EQ(clock.date(), format("%a, %d %b %Y %H:%M:%S GMT", clock.seconds()));
  EXPECT_EQ(clock.log_date(), format("%d/%b/%Y:%H:%M:%S +0000", clock.seconds()));
}

// No second may be missed: the texts are written anew when the wall clock advances.
TEST(Clock, TheTextFollowsTheSeconds) {
  serve::Clock clock;
  clock.read();
  int64_t first = clock.seconds();
  int64_t now = clock.now_ms();
  while (clock.seconds() == first) {
    time_t wall = time(nullptr);
    clock.read();
    ASSERT_GE(clock.now_ms(), now);
    now = clock.now_ms();
    ASSERT_GE(clock.seconds() + 1, wall);
  }
  EXPECT_EQ(clock.seconds(), first + 1);
  EXPECT_EQ(clock.date(), format("%a, %d %b %Y %H:%M:%S GMT", clock.seconds()));
}

} // namespace
} // namespace minhttp::test
