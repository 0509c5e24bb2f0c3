// SPDX-License-Identifier: MIT
#include "conn/timers.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace minhttp::test {
namespace {

using conn::Connection;
using conn::Timer;
using conn::timer_count;
using conn::Timers;

constexpr std::array<uint32_t, timer_count> durations = {10, 1000, 20, 300, 50, 50, 40, 40, 5, 700};

struct TimerLists : testing::Test {
  static constexpr uint32_t count = 20;
  std::vector<Connection> connections = std::vector<Connection>(count);
  Timers timers = Timers(connections, durations);
};

TEST_F(TimerLists, NothingIsDueAtFirst) {
  EXPECT_EQ(timers.earliest_ms(), INT64_MAX);
  EXPECT_EQ(timers.expired(INT64_MAX), Pool::none);
  for (size_t i = 0; i < timer_count; i++) EXPECT_EQ(timers.oldest(static_cast<Timer>(i)), Pool::none);
}

TEST_F(TimerLists, TheLongestWaitIsFirst) {
  timers.set(connections[3], Timer::head, 100);
  timers.set(connections[1], Timer::head, 105);
  timers.set(connections[2], Timer::linger, 110);
  EXPECT_EQ(timers.oldest(Timer::head), 3U);
  EXPECT_EQ(timers.earliest_ms(), 115);
  EXPECT_EQ(timers.expired(114), Pool::none);
  EXPECT_EQ(timers.expired(115), 2U) << "at its deadline, not after";
  timers.clear(connections[2]);
  EXPECT_EQ(timers.expired(119), Pool::none);
  EXPECT_EQ(timers.expired(120), 3U);
}

TEST_F(TimerLists, SettingATimerAgainRestartsIt) {
  timers.set(connections[0], Timer::idle, 0);
  timers.set(connections[1], Timer::idle, 1);
  timers.set(connections[0], Timer::idle, 2);
  EXPECT_EQ(timers.oldest(Timer::idle), 1U);
  timers.set(connections[1], Timer::send, 3);
  EXPECT_EQ(timers.oldest(Timer::idle), 0U);
  EXPECT_EQ(timers.oldest(Timer::send), 1U);
}

TEST_F(TimerLists, SinceMsIsWhenTheTimerWasSet) {
  timers.set(connections[0], Timer::idle, 7);
  timers.set(connections[1], Timer::linger, 9);
  EXPECT_EQ(timers.since_ms(connections[0]), 7);
  EXPECT_EQ(timers.since_ms(connections[1]), 9);
}

TEST_F(TimerLists, ClearingTwiceIsHarmless) {
  timers.set(connections[0], Timer::idle, 0);
  timers.set(connections[1], Timer::idle, 0);
  timers.clear(connections[0]);
  timers.clear(connections[0]);
  EXPECT_EQ(connections[0].timer, Timer::none);
  EXPECT_EQ(timers.oldest(Timer::idle), 1U);
  timers.clear(connections[7]);
  EXPECT_EQ(timers.oldest(Timer::idle), 1U);
}

// Against a table that is searched from end to end.
TEST_F(TimerLists, RandomOperations) {
  struct Row {
    Timer timer = Timer::none;
    int64_t deadline = 0;
    uint64_t set_as = 0;
  };
  std::vector<Row> rows(count);
  std::mt19937 random(7);
  int64_t now = 0;
  for (uint64_t turn = 1; turn <= 100'000; turn++) {
    now += static_cast<int64_t>(random() % 3);
    auto slot = static_cast<uint32_t>(random() % count);
    if (random() % 3 == 0) {
      timers.clear(connections[slot]);
      rows[slot] = {};
    } else {
      auto timer = static_cast<Timer>(random() % timer_count);
      timers.set(connections[slot], timer, now);
      rows[slot] = {timer, now + durations[static_cast<size_t>(timer)], turn};
    }
    int64_t earliest = INT64_MAX;
    std::array<uint32_t, timer_count> oldest;
    oldest.fill(Pool::none);
    for (uint32_t i = 0; i < count; i++) {
      ASSERT_EQ(connections[i].timer, rows[i].timer);
      if (rows[i].timer == Timer::none) continue;
      ASSERT_EQ(connections[i].deadline_ms, rows[i].deadline);
      earliest = std::min(earliest, rows[i].deadline);
      uint32_t& first = oldest[static_cast<size_t>(rows[i].timer)];
      if (first == Pool::none || rows[i].set_as < rows[first].set_as) first = i;
    }
    ASSERT_EQ(timers.earliest_ms(), earliest);
    for (size_t i = 0; i < timer_count; i++) ASSERT_EQ(timers.oldest(static_cast<Timer>(i)), oldest[i]);
    uint32_t expired = timers.expired(now);
    ASSERT_EQ(expired != Pool::none, earliest <= now);
    if (expired != Pool::none) {
      ASSERT_LE(rows[expired].deadline, now);
    }
  }
}

} // namespace
} // namespace minhttp::test
