// SPDX-License-Identifier: MIT
#include "conn/client_limits.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace minhttp::test {
namespace {

using conn::ClientLimits;

IpAddress v4(uint32_t number) {
  return mapped({static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16),
                 static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
}

// Tables as the server has them, but as small as asked for.
struct Limited {
  explicit Limited(uint32_t rate, uint32_t connections, size_t places = 64, uint32_t seats_count = 4)
      : buckets(rate > 0 ? places : 0),
        counts(connections > 0 ? places : 0),
        seats(seats_count),
        owned(counts.size() * seats_count),
        limits({.buckets = buckets, .counts = counts, .seats = seats, .owned = owned}, SipKey{1, 2}, rate,
               connections) {}

  std::vector<ClientLimits::Bucket> buckets;
  std::vector<SharedLong> counts;
  std::vector<SharedWord> seats;
  std::vector<uint16_t> owned;
  ClientLimits limits;
};

int take_all(ClientLimits& limits, const IpAddress& client, int64_t now_ms) {
  int taken = 0;
  while (limits.take_request(client, now_ms) && taken < 1'000'000) taken++;
  return taken;
}

bool counted(ClientLimits& limits, const IpAddress& client) { return limits.count(client).has_value(); }

TEST(ClientRate, TenSecondsAtOnceThenTheRate) {
  for (uint32_t rate : {1U, 3U, 1000U}) {
    Limited limited(rate, 0);
    int64_t now_ms = 123'456'789;
    auto burst = static_cast<int>(limits::client_burst_s * rate);
    EXPECT_EQ(take_all(limited.limits, v4(1), now_ms), burst);
    EXPECT_EQ(take_all(limited.limits, v4(2), now_ms), burst) << "another client has its own";
    int taken = 0;
    for (int i = 0; i < 100; i++) taken += take_all(limited.limits, v4(1), now_ms += 100);
    EXPECT_EQ(taken, static_cast<int>(10 * rate));
    EXPECT_EQ(take_all(limited.limits, v4(1), now_ms + 3'600'000), burst) << "never more than a full bucket";
  }
}

TEST(ClientRate, TheHighestRateAfterAHundredYears) {
  Limited limited(limits::client_rate_max, 0);
  constexpr int64_t now_ms = int64_t{36'500} * 86'400'000;
  int taken = 0;
  for (int64_t ms = 0; ms < 1000; ms++) taken += limited.limits.take_request(v4(1), now_ms + ms) ? 1 : 0;
  EXPECT_EQ(taken, 1000);
}

TEST(ClientRate, AnotherTokenComesWithinASecond) {
  Limited limited(1, 0);
  take_all(limited.limits, v4(1), 5'000);
  EXPECT_FALSE(limited.limits.take_request(v4(1), 5'999));
  EXPECT_TRUE(limited.limits.take_request(v4(1), 6'000));
  EXPECT_FALSE(limited.limits.take_request(v4(1), 6'000));
}

TEST(ClientRate, A64OfIpv6IsOneClient) {
  Limited limited(1, 0);
  take_all(limited.limits, *parse_ipv6("2001:db8::1"), 0);
  EXPECT_FALSE(limited.limits.take_request(*parse_ipv6("2001:db8::ffff:2"), 0));
  EXPECT_TRUE(limited.limits.take_request(*parse_ipv6("2001:db8:0:1::1"), 0));
  EXPECT_TRUE(limited.limits.take_request(*parse_ipv6("::1"), 0));
}

// However many addresses: together they get no more than the places of the table.
TEST(ClientRate, ManyAddressesShareThePlaces) {
  Limited limited(1, 0, ClientLimits::set_size);
  int taken = 0;
  for (uint32_t i = 0; i < 1000; i++) taken += take_all(limited.limits, v4(i), 1'000);
  EXPECT_EQ(taken, static_cast<int>(limits::client_burst_s * ClientLimits::set_size));
}

TEST(ClientRate, TheOneWithTheSmallestDebtIsForgotten) {
  Limited limited(10, 0, ClientLimits::set_size);
  take_all(limited.limits, v4(1), 1'000);
  for (uint32_t i = 0; i < 50; i++) EXPECT_TRUE(limited.limits.take_request(v4(100 + i), 1'000));
  EXPECT_FALSE(limited.limits.take_request(v4(1), 1'000)) << "who asks too often is remembered";
}

TEST(ClientConnections, AreCountedAndGivenBack) {
  Limited limited(0, 3);
  std::vector<uint16_t> places;
  for (int i = 0; i < 3; i++) {
    EXPECT_TRUE(limited.limits.has_room(v4(1)));
    places.push_back(limited.limits.count(v4(1)).value());
    EXPECT_LT(places.back(), limited.counts.size());
  }
  EXPECT_FALSE(limited.limits.has_room(v4(1)));
  EXPECT_TRUE(limited.limits.has_room(v4(2)));
  limited.limits.give_back(places[0]);
  EXPECT_TRUE(limited.limits.has_room(v4(1)));
  for (size_t i = 1; i < 3; i++) limited.limits.give_back(places[i]);
  for (const SharedLong& word : limited.counts) EXPECT_EQ(word.load() & 0xff'ffff, 0U);
  for (uint16_t owned : limited.owned) EXPECT_EQ(owned, 0);
}

TEST(ClientLimits, OneMayBeWithoutTheOther) {
  Limited rate(1, 0);
  EXPECT_TRUE(rate.limits.has_room(v4(1)));
  EXPECT_FALSE(counted(rate.limits, v4(1)));
  Limited connections(0, 1);
  EXPECT_TRUE(connections.limits.take_request(v4(1), 0));
}

TEST(ClientConnections, WhereAllPlacesAreTakenNobodyIsCounted) {
  Limited limited(0, 1, ClientLimits::set_size);
  uint16_t first = limited.limits.count(v4(0)).value();
  for (uint32_t i = 1; i < ClientLimits::set_size; i++) EXPECT_TRUE(counted(limited.limits, v4(i)));
  EXPECT_FALSE(counted(limited.limits, v4(99)));
  EXPECT_TRUE(limited.limits.has_room(v4(99)));
  EXPECT_FALSE(limited.limits.has_room(v4(0)));
  limited.limits.give_back(first);
  EXPECT_TRUE(counted(limited.limits, v4(99)));
  EXPECT_FALSE(limited.limits.has_room(v4(99)));
}

TEST(ClientConnections, OfAWorkerThatDiedAreGivenBack) {
  Limited limited(0, 5);
  limited.limits.take_seat(100);
  for (int i = 0; i < 3; i++) EXPECT_TRUE(counted(limited.limits, v4(1)));
  EXPECT_TRUE(counted(limited.limits, v4(2)));
  limited.limits.take_seat(200);
  for (int i = 0; i < 2; i++) EXPECT_TRUE(counted(limited.limits, v4(1)));
  EXPECT_FALSE(limited.limits.has_room(v4(1)));
  limited.limits.free_seat(300); // nobody's
  EXPECT_FALSE(limited.limits.has_room(v4(1)));
  limited.limits.free_seat(100);
  for (int i = 0; i < 3; i++) {
    EXPECT_TRUE(limited.limits.has_room(v4(1))) << i;
    EXPECT_TRUE(counted(limited.limits, v4(1)));
  }
  EXPECT_FALSE(limited.limits.has_room(v4(1)));
  limited.limits.free_seat(200);
  EXPECT_TRUE(limited.limits.has_room(v4(1)));
  for (const SharedLong& word : limited.counts) EXPECT_EQ(word.load() & 0xff'ffff, 0U);
}

// A worker notes what it counts before it counts it, and forgets it afterwards. One that dies in between has noted one
// too many.
TEST(ClientConnections, OfAWorkerThatDiedInBetweenNeverGoBelowZero) {
  Limited limited(0, 5);
  limited.limits.take_seat(100);
  size_t place = limited.limits.count(v4(1)).value();
  limited.owned[place]++;
  uint16_t other = limited.limits.count(v4(2)).value();
  limited.limits.free_seat(100);
  EXPECT_EQ(limited.counts[place].load() & 0xff'ffff, 0U);
  EXPECT_EQ(limited.counts[other].load() & 0xff'ffff, 0U);
  limited.limits.take_seat(200);
  for (int i = 0; i < 5; i++) EXPECT_EQ(limited.limits.count(v4(1)), place) << i;
  EXPECT_FALSE(limited.limits.has_room(v4(1)));
  limited.counts[place].store(limited.counts[place].load() - 5); // as if another dead worker's were subtracted
  limited.limits.give_back(static_cast<uint16_t>(place));
  EXPECT_EQ(limited.counts[place].load() & 0xff'ffff, 0U);
}

TEST(ClientConnections, ASeatIsTakenAgain) {
  Limited limited(0, 100, 64, 2);
  for (uint32_t process = 1; process < 20; process++) {
    limited.limits.take_seat(process);
    EXPECT_TRUE(counted(limited.limits, v4(1))) << process;
    if (process > 1) limited.limits.free_seat(process - 1);
  }
}

TEST(ClientConnections, WithoutASeatNothingIsCounted) {
  Limited limited(0, 1);
  for (uint32_t process = 1; process <= 5; process++) limited.limits.take_seat(process); // there are four
  EXPECT_FALSE(counted(limited.limits, v4(1)));
  EXPECT_TRUE(limited.limits.has_room(v4(1)));
}

// What several workers share, as the server has it.
struct Shared {
  std::array<ClientLimits::Bucket, 64> buckets;
  std::array<SharedLong, 64> counts;
  std::array<SharedWord, 4> seats;
  std::array<uint16_t, 256> owned;
  std::array<SharedWord, 4> tokens; // that each worker got
};

// Several processes at once: no token is taken twice, and no connection is lost.
TEST(ClientLimitsOfWorkers, AgreeWithoutALock) {
  constexpr uint32_t workers = 4;
  constexpr uint32_t turns = 20'000;
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto& shared = *static_cast<Shared*>(memory);
  ClientLimits limits(
      {.buckets = shared.buckets, .counts = shared.counts, .seats = shared.seats, .owned = shared.owned}, SipKey{1, 2},
      1000, 60'000);
  for (uint32_t worker = 0; worker < workers; worker++) {
    if (fork() != 0) continue;
    limits.take_seat(worker + 1);
    uint32_t tokens = 0;
    for (uint32_t i = 0; i < turns; i++) {
      if (limits.take_request(v4(7), 1'000)) tokens++;
      auto place = limits.count(v4(i % 5));
      if (!place) _exit(1);
      if (i % 2 == 0) limits.give_back(*place);
    }
    shared.tokens[worker].store(tokens);
    _exit(0);
  }
  for (uint32_t worker = 0; worker < workers; worker++) {
    int status = 1;
    wait(&status);
    EXPECT_EQ(status, 0);
  }
  uint32_t taken = 0;
  for (const SharedWord& some : shared.tokens) taken += some.load();
  EXPECT_EQ(taken, 10'000U);
  uint64_t open = 0;
  for (const SharedLong& word : shared.counts) open += word.load() & 0xff'ffff;
  EXPECT_EQ(open, uint64_t{workers} * turns / 2);
  for (uint32_t worker = 0; worker < workers; worker++) limits.free_seat(worker + 1);
  for (const SharedLong& word : shared.counts) EXPECT_EQ(word.load() & 0xff'ffff, 0U);
  munmap(memory, sizeof(Shared));
}

} // namespace
} // namespace minhttp::test
