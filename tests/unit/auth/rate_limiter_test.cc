// SPDX-License-Identifier: MIT
#include "auth/rate_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "unit/panic.h"

namespace minhttp::test {
namespace {

using auth::AccountLimiter;
using auth::AddressLimiter;
using auth::TokenBucket;
using limits::guess_ms;
using limits::guesses_at_once;

IpAddress v4(uint32_t number) {
  return mapped({static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16),
                 static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
}

struct Table {
  explicit Table(size_t places) : memory(places), guesses(memory, key) {}
  KeyedHash key{KeyedHash::Key{5}};
  std::vector<TokenBucket> memory;
  AddressLimiter guesses;

  // Attempts that are let through now.
  int64_t attempts(const IpAddress& address, int64_t now) {
    int64_t count = 0;
    while (count < 10'000 && guesses.charge(address, now) == 0) count++;
    return count;
  }
};

TEST(AddressLimiter, ABurstThenASteadyRate) {
  Table table(8);
  EXPECT_EQ(table.attempts(v4(1), 1000), guesses_at_once);
  EXPECT_EQ(table.guesses.charge(v4(1), 1000), guess_ms) << "how long it is too early";
  EXPECT_EQ(table.guesses.charge(v4(1), 1000 + guess_ms - 1), 1);
  EXPECT_EQ(table.attempts(v4(1), 1000 + guess_ms), 1);
  EXPECT_EQ(table.attempts(v4(1), 1000 + 6 * guess_ms), 5);
  EXPECT_EQ(table.attempts(v4(1), 1000 + 1000 * guess_ms), guesses_at_once) << "never more than that";
}

TEST(AddressLimiter, OnlyFailedAttemptsCount) {
  Table table(8);
  for (int i = 0; i < 1000; i++) {
    ASSERT_EQ(table.guesses.charge(v4(1), 5), 0);
    table.guesses.refund(v4(1));
  }
  EXPECT_EQ(table.attempts(v4(1), 5), guesses_at_once);
  table.guesses.refund(v4(1));
  EXPECT_EQ(table.attempts(v4(1), 5), 1);
  table.guesses.refund(v4(2)); // never seen: nothing happens
}

TEST(AddressLimiter, AnIpv6NetworkIsOneClient) {
  Table table(1024);
  auto ip = [](std::string_view text) { return *parse_ipv6(text); };
  EXPECT_EQ(table.attempts(ip("2001:db8:1:2::1"), 5), guesses_at_once);
  EXPECT_EQ(table.attempts(ip("2001:db8:1:2:ffff::9"), 5), 0) << "the same /64";
  EXPECT_EQ(table.attempts(ip("2001:db8:1:3::1"), 5), guesses_at_once);
  EXPECT_EQ(table.attempts(v4(0x0a000001), 5), guesses_at_once);
  EXPECT_EQ(table.attempts(v4(0x0a000002), 5), guesses_at_once) << "an IPv4 address is one client";
  EXPECT_EQ(table.attempts(ip("::1"), 5), guesses_at_once);
}

// However many addresses an attacker has, they share the places of the table.
TEST(AddressLimiter, AttemptsAreBoundedWhenTheTableIsFull) {
  Table table(64);
  int64_t total = 0;
  for (uint32_t address = 0; address < 20'000; address++) total += table.attempts(v4(address), 1000);
  EXPECT_EQ(total, 64 * guesses_at_once);
  total = 0;
  for (uint32_t address = 20'000; address < 40'000; address++)
    total += table.attempts(v4(address), 1000 + 2 * guess_ms);
  EXPECT_EQ(total, 64 * 2);
}

// Who has failed is not let off because others come by: of a set that is full, the address
// with the least debt goes.
TEST(AddressLimiter, AFullSetDropsTheAddressWithTheFewestFailures) {
  Table table(8);
  EXPECT_EQ(table.attempts(v4(1), 1000), guesses_at_once);
  for (uint32_t address = 2; address < 2000; address++) {
    (void)table.guesses.charge(v4(address), 1000);
    ASSERT_NE(table.guesses.charge(v4(1), 1000), 0);
  }
}

// One set against a plain list of debts that follows the words of the header.
TEST(AddressLimiter, RandomOperations) {
  Table table(8);
  std::map<uint32_t, int64_t> full_ms; // address to the time when nothing is owed
  std::map<uint32_t, int> under_way;   // attempts since it has its place
  std::mt19937 random(11);
  int64_t now = 1;
  int let_through = 0;
  int refused = 0;
  for (int i = 0; i < 100'000; i++) {
    now += static_cast<int64_t>(random() % 400);
    auto address = static_cast<uint32_t>(1 + random() % 12);
    if (random() % 8 == 0) {
      if (under_way[address] == 0) continue;
      under_way[address]--;
      table.guesses.refund(v4(address));
      full_ms[address] -= guess_ms;
      continue;
    }
    uint32_t replaced = 0;
    int64_t owed_until = 0;
    if (full_ms.count(address) > 0) {
      owed_until = full_ms[address];
    } else if (full_ms.size() == 8) {
      for (auto [other, until] : full_ms) {
        if (replaced == 0 || until < full_ms[replaced]) replaced = other;
      }
      owed_until = full_ms[replaced];
    }
    int64_t start = std::max(now, owed_until);
    int64_t early = std::max(int64_t{0}, start + guess_ms - now - guesses_at_once * guess_ms);
    // Where two owe the same, either may go: then the table decides.
    int64_t answer = table.guesses.charge(v4(address), now);
    ASSERT_EQ(answer, early);
    (answer == 0 ? let_through : refused)++;
    if (answer != 0) continue;
    if (replaced != 0) {
      for (auto [other, until] : full_ms) {
        bool there = false;
        for (const TokenBucket& place : table.memory) there = there || place.key == v4(other);
        if (!there) {
          ASSERT_EQ(until, owed_until);
          replaced = other;
        }
      }
      full_ms.erase(replaced);
      under_way.erase(replaced);
    }
    full_ms[address] = start + guess_ms;
    under_way[address]++;
  }
  EXPECT_GT(let_through, 1000);
  EXPECT_GT(refused, 1000);
}

struct Accounts {
  std::vector<int64_t> memory = std::vector<int64_t>(4);
  std::vector<TokenBucket> unknown_memory = std::vector<TokenBucket>(8);
  AccountLimiter guesses{memory, unknown_memory};

  int64_t attempts(uint32_t account, int64_t now) {
    int64_t count = 0;
    while (count < 10'000 && guesses.charge(account, now) == 0) count++;
    return count;
  }
  int64_t attempts_unknown(uint8_t name, int64_t now) {
    int64_t count = 0;
    while (count < 10'000 && guesses.charge_unknown({name}, now) == 0) count++;
    return count;
  }
};

TEST(AccountLimiter, EachAccountHasItsOwnLimit) {
  Accounts accounts;
  EXPECT_EQ(accounts.attempts(1, 1000), limits::account_guesses_at_once);
  EXPECT_EQ(accounts.guesses.charge(1, 1000), limits::account_guess_ms);
  EXPECT_EQ(accounts.attempts(2, 1000), limits::account_guesses_at_once);
  EXPECT_EQ(accounts.attempts(1, 1000 + limits::account_guess_ms), 1);
  accounts.guesses.refund(1);
  EXPECT_EQ(accounts.attempts(1, 1000 + limits::account_guess_ms), 1);
  accounts.guesses.forget_accounts();
  EXPECT_EQ(accounts.attempts(1, 1000), limits::account_guesses_at_once);
  EXPECT_THROW(accounts.guesses.charge(4, 1000), Panic);
}

TEST(AccountLimiter, UnknownUsersAreLimitedLikeAccounts) {
  Accounts accounts;
  for (uint8_t name = 1; name <= 8; name++) {
    EXPECT_EQ(accounts.attempts_unknown(name, 1000), limits::account_guesses_at_once) << int{name};
    EXPECT_EQ(accounts.guesses.charge_unknown({name}, 1000), limits::account_guess_ms);
  }
  EXPECT_EQ(accounts.attempts_unknown(9, 1000), 0) << "the table is full of debts";
  EXPECT_EQ(accounts.attempts_unknown(9, 1000 + limits::account_guess_ms), 1);
  EXPECT_EQ(accounts.attempts(0, 1000), limits::account_guesses_at_once) << "no account pays for it";
}

TEST(AddressLimiter, MemoryThatIsNoWholeNumberOfSetsPanics) {
  KeyedHash key{KeyedHash::Key{}};
  std::vector<TokenBucket> memory(9);
  EXPECT_THROW(AddressLimiter(memory, key), Panic);
  EXPECT_THROW(AddressLimiter({}, key), Panic);
  EXPECT_THROW(AccountLimiter({}, memory), Panic);
}

} // namespace
} // namespace minhttp::test
