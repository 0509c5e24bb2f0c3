// SPDX-License-Identifier: MIT
// What the kernel says of a peer that nothing could be written to for a while.

#include "conn/uptake.h"

#include <gtest/gtest.h>

#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

using conn::Timer;

constexpr std::string_view get_big = "GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr uint32_t least = limits::send_progress_min;

struct Uptake : testing::Test {
  Uptake() { tree.file("big.bin", std::string(1'000'000, 'x')); }
  // A download of which nothing more can be written.
  void begin(Client& client, std::string_view behind = {}) {
    client.take_at_most(1000);
    client.send(std::string(get_big).append(behind));
    client.take_at_most(0);
    client.run();
  }
  bool check_uptake(Client& client, uint32_t unacked) {
    return conn::check_uptake(house->server(), client.connection(), unacked);
  }
  Tree tree;
  std::unique_ptr<TestServer> house = std::make_unique<TestServer>(Plan{.directory = tree.root()});
};

TEST(UptakeTimers, TheFirstCheckIsEarlyComparedWithTheDeadline) {
  EXPECT_EQ(conn::first_check_ms(1), 1U);
  EXPECT_EQ(conn::first_check_ms(1600), 101U);
  EXPECT_EQ(conn::first_check_ms(limits::send_ms), limits::send_check_ms);
  EXPECT_EQ(conn::first_check_ms(UINT32_MAX), limits::send_check_ms);
}

TEST(UptakeTimers, ASlowTimerIsTheSecondStageOfItsWait) {
  for (Timer timer : {Timer::send, Timer::file}) {
    EXPECT_EQ(conn::first_stage(timer), timer);
    EXPECT_TRUE(conn::waits_to_send(timer));
  }
  EXPECT_EQ(conn::first_stage(Timer::send_slow), Timer::send);
  EXPECT_EQ(conn::first_stage(Timer::file_slow), Timer::file);
  EXPECT_TRUE(conn::waits_to_send(Timer::send_slow));
  EXPECT_TRUE(conn::waits_to_send(Timer::file_slow));
  for (Timer timer : {Timer::first, Timer::idle, Timer::head, Timer::body, Timer::linger, Timer::none}) {
    EXPECT_EQ(conn::first_stage(timer), timer);
    EXPECT_FALSE(conn::waits_to_send(timer));
  }
}

TEST_F(Uptake, TheFirstCheckStartsTheDeadline) {
  Client client(*house);
  begin(client);
  ASSERT_EQ(client.timer(), Timer::file);
  EXPECT_TRUE(check_uptake(client, 50'000));
  EXPECT_EQ(client.timer(), Timer::file_slow);
  EXPECT_FALSE(check_uptake(client, 50'000)) << "nothing was taken";
  EXPECT_FALSE(check_uptake(client, 50'000 - least + 1)) << "nor enough";
  EXPECT_TRUE(check_uptake(client, 50'000 - least));
  EXPECT_EQ(client.timer(), Timer::file_slow);
  EXPECT_FALSE(check_uptake(client, 50'000 - least)) << "it counts once";
  client.run();
  EXPECT_EQ(client.timer(), Timer::file_slow) << "asked what it wants, it waits on";
}

TEST_F(Uptake, AConnectionWithAWorkspaceKeepsIt) {
  Client client(*house);
  begin(client, "G");
  ASSERT_EQ(client.timer(), Timer::send);
  EXPECT_TRUE(check_uptake(client, 1));
  EXPECT_EQ(client.timer(), Timer::send_slow);
  client.run();
  EXPECT_EQ(client.timer(), Timer::send_slow);
}

TEST_F(Uptake, BytesWrittenSinceTheLastCheckCount) {
  Client client(*house);
  begin(client);
  ASSERT_TRUE(check_uptake(client, 50'000));
  client.take_at_most(least - 1);
  client.run();
  EXPECT_EQ(client.timer(), Timer::file_slow) << "too little to begin anew";
  EXPECT_FALSE(check_uptake(client, 50'000)) << "as much was taken as was written: less than the least";
  EXPECT_TRUE(check_uptake(client, 49'999));
}

TEST_F(Uptake, AWriteReturnsToTheFirstStage) {
  Client client(*house);
  begin(client);
  ASSERT_TRUE(check_uptake(client, 50'000));
  client.take_at_most(least);
  client.run();
  EXPECT_EQ(client.timer(), Timer::file);
}

TEST_F(Uptake, AnIdlePeerMayStillTakeItsResponse) {
  Client client(*house);
  client.send(get_big);
  ASSERT_EQ(client.timer(), Timer::idle);
  EXPECT_FALSE(check_uptake(client, 0)) << "it has all";
  EXPECT_FALSE(check_uptake(client, conn::unknown_unacked));
  EXPECT_EQ(client.timer(), Timer::idle);
  EXPECT_TRUE(check_uptake(client, 50'000));
  EXPECT_EQ(client.timer(), Timer::file_slow);
  EXPECT_TRUE(check_uptake(client, 10'000));
  EXPECT_FALSE(check_uptake(client, 10'000));
  EXPECT_FALSE(check_uptake(client, 0)) << "it has all now";
  client.send(get_big);
  EXPECT_EQ(client.timer(), Timer::idle) << "another request, as ever";
}

TEST_F(Uptake, WithoutTheKernelsAnswerThePeerHasItsTime) {
  Client client(*house);
  begin(client);
  EXPECT_TRUE(check_uptake(client, conn::unknown_unacked)) << "it has its time";
  EXPECT_FALSE(check_uptake(client, conn::unknown_unacked));
}

} // namespace
} // namespace minhttp::test
