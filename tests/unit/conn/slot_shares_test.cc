// SPDX-License-Identifier: MIT
#include "conn/slot_shares.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace minhttp::test {
namespace {

using conn::client_key;
using conn::Connection;
using conn::SlotShares;
using conn::Timer;

constexpr std::array<uint32_t, conn::timer_count> durations = {100, 200, 300, 400, 500, 600, 700, 800, 900};

IpAddress v4(uint8_t last) { return mapped({192, 0, 2, last}); }

IpAddress v6(std::string_view text) { return *parse_ipv6(text); }

struct Slots : testing::Test {
  // Nobody touches the descriptor: a socket counts as open where its number says so.
  ~Slots() override {
    for (Connection& connection : all) (void)connection.socket.release();
  }
  void fill(uint32_t slot, const IpAddress& peer, Timer timer, int64_t since_ms) {
    all[slot].socket = sys::Fd(1000);
    all[slot].peer = peer;
    if (timer != Timer::none) timers.set(all[slot], timer, since_ms);
  }
  // Slots for so many of one client, the others for one client each; later ones have waited for less time.
  void crowd(uint32_t many) {
    for (uint32_t i = 0; i < count; i++) fill(i, v4(static_cast<uint8_t>(i < many ? 0 : i)), Timer::file, i);
  }
  std::optional<uint64_t> greedy(int64_t now_ms = 0) { return shares.greedy(all, timers, now_ms); }
  std::vector<uint32_t> victims() {
    std::vector<uint32_t> slots;
    for (uint32_t slot; (slot = shares.next_victim(all)) != Pool::none;) slots.push_back(slot);
    return slots;
  }

  static constexpr uint32_t count = 100;
  std::vector<Connection> all = std::vector<Connection>(count);
  conn::Timers timers = conn::Timers(all, durations);
  SlotShares shares;
};

TEST(ClientOf, IsAnAddressOrAnIpv6Network) {
  EXPECT_EQ(conn::client_key(v4(1)), conn::client_key(v4(1)));
  EXPECT_NE(conn::client_key(v4(1)), conn::client_key(v4(2)));
  EXPECT_EQ(conn::client_key(v6("2001:db8::1")), conn::client_key(v6("2001:db8::ffff:2")));
  EXPECT_NE(conn::client_key(v6("2001:db8::1")), conn::client_key(v6("2001:db8:0:1::1")));
}

TEST_F(Slots, ManyClientsWithFewSlotsAreNotGreedy) {
  crowd(1);
  EXPECT_EQ(greedy(), std::nullopt);
  EXPECT_EQ(shares.next_victim(all), Pool::none);
}

TEST_F(Slots, MoreThanTheShareIsGreedy) {
  crowd(count / limits::greedy_part);
  EXPECT_EQ(greedy(), std::nullopt);
  SlotShares again;
  crowd(count / limits::greedy_part + 1);
  EXPECT_EQ(again.greedy(all, timers, 0), conn::client_key(v4(0)));
}

// minhttps: the memory of TLS is shared by those who have some, however many slots there are.
TEST_F(Slots, ShareOfTlsMemory) {
  SlotShares of_tls(SlotShares::Of::tls_memory);
  for (uint32_t i = 0; i < 6; i++) fill(i, v4(static_cast<uint8_t>(i < 3 ? 0 : i)), Timer::file, i);
  EXPECT_EQ(greedy(), std::nullopt) << "3 of 100 slots";
  EXPECT_EQ(of_tls.greedy(all, timers, 0), conn::client_key(v4(0))) << "3 of 6 connections";
}

TEST_F(Slots, AnAddressWithNearlyAllSlotsIsNotGreedy) {
  crowd(91);
  EXPECT_EQ(greedy(), std::nullopt);
  SlotShares again;
  crowd(90);
  EXPECT_EQ(again.greedy(all, timers, 0), conn::client_key(v4(0)));
}

TEST_F(Slots, OneConnectionIsNotGreedyHoweverFewSlotsThereAre) {
  fill(0, v4(1), Timer::idle, 0);
  fill(1, v4(2), Timer::idle, 0);
  EXPECT_EQ(shares.greedy(std::span(all).first(2), timers, 0), std::nullopt);
}

TEST_F(Slots, TheLongestWithoutProgressComesFirst) {
  crowd(0);
  const std::array waits = {Timer::idle, Timer::file_slow, Timer::send, Timer::body, Timer::first};
  for (uint32_t i = 0; i < 50; i++) fill(2 * i, v4(0), waits[i % waits.size()], 1000 - i);
  timers.clear(all[98]); // computes a password check, or has a turn
  all[96].queued = true; // its slot would not be free
  (void)all[94].socket.release();
  ASSERT_EQ(greedy(), conn::client_key(v4(0)));
  std::vector<uint32_t> expected;
  for (uint32_t slot = 92; slot > 0; slot -= 2) expected.push_back(slot);
  expected.push_back(0);
  EXPECT_EQ(victims(), expected);
}

TEST_F(Slots, VictimsAreBounded) {
  for (uint32_t i = 0; i < count; i++) fill(i, v4(static_cast<uint8_t>(i < 80 ? 0 : i)), Timer::idle, count - i);
  ASSERT_EQ(greedy(), conn::client_key(v4(0)));
  auto found = victims();
  ASSERT_EQ(found.size(), limits::share_victims);
  EXPECT_EQ(found.front(), 79U);
  EXPECT_EQ(found.back(), 80 - limits::share_victims);
}

TEST_F(Slots, AConnectionWithProgressIsNoVictim) {
  crowd(20);
  ASSERT_TRUE(greedy());
  timers.set(all[0], Timer::file, 500); // took something
  (void)all[1].socket.release();        // is gone
  all[2].generation++;                  // and another one came
  all[3].queued = true;
  timers.clear(all[4]);
  EXPECT_EQ(shares.next_victim(all), 5U);
}

TEST_F(Slots, VictimsAreUsedForTheNextNewClients) {
  crowd(20);
  ASSERT_TRUE(greedy());
  crowd(0);
  EXPECT_TRUE(greedy(limits::share_fresh_ms - 1)) << "it is not looked again";
  EXPECT_FALSE(greedy(limits::share_fresh_ms)) << "but for once a second";
  crowd(20);
  EXPECT_TRUE(greedy(limits::share_fresh_ms)) << "and where there is no victim left";
}

TEST_F(Slots, EachNewClientLooksAtAPartOfTheSlots) {
  std::vector<Connection> many(4 * limits::share_slots_looked_at);
  conn::Timers other(many, durations);
  EXPECT_FALSE(shares.greedy(many, other, 0));
  for (Connection& connection : many) connection.socket = sys::Fd(1000);
  for (size_t i = 0; i < many.size() / 2; i++) many[i].peer = v4(1);
  for (size_t i = many.size() / 2; i < many.size(); i++) many[i].peer = v4(static_cast<uint8_t>(i));
  for (int i = 1; i < 4; i++) EXPECT_FALSE(shares.greedy(many, other, 0));
  EXPECT_EQ(shares.greedy(many, other, 0), conn::client_key(v4(1)));
  for (Connection& connection : many) (void)connection.socket.release();
}

// Against a count of all.
TEST_F(Slots, RandomClients) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; round++) {
    std::map<uint64_t, size_t> counts;
    uint32_t clients = 1 + static_cast<uint32_t>(random() % 12);
    for (uint32_t i = 0; i < count; i++) {
      auto who = static_cast<uint8_t>(std::min(random() % clients, random() % clients));
      fill(i, v4(who), Timer::idle, static_cast<int64_t>(random() % 1000));
      counts[conn::client_key(v4(who))]++;
    }
    size_t most = 0;
    for (const auto& [client, slots] : counts) most = std::max(most, slots);
    SlotShares fresh;
    auto found = fresh.greedy(all, timers, 0);
    bool expected = most * limits::greedy_part > count && most * 10 <= count * 9;
    ASSERT_EQ(found.has_value(), expected) << round;
    if (!found) continue;
    ASSERT_EQ(counts[*found], most) << round;
    int64_t before_ms = INT64_MIN;
    for (uint32_t slot; (slot = fresh.next_victim(all)) != Pool::none;) {
      ASSERT_EQ(conn::client_key(all[slot].peer), *found);
      ASSERT_GE(timers.since_ms(all[slot]), before_ms);
      before_ms = timers.since_ms(all[slot]);
    }
  }
}

} // namespace
} // namespace minhttp::test
