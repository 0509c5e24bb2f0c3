// SPDX-License-Identifier: MIT
#include "auth/credential_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "unit/panic.h"

namespace minhttp::test {
namespace {

using auth::CredentialCache;
using auth::CredentialTag;
using auth::VerifiedCredential;

// set: the number that chooses the set; other: the rest.
CredentialTag tag(uint8_t set, uint8_t other) {
  CredentialTag result = {};
  result[7] = set;
  result[31] = other;
  return result;
}

TEST(CredentialCache, IsEmptyAtFirst) {
  std::vector<VerifiedCredential> table(16);
  CredentialCache memory(table);
  EXPECT_FALSE(memory.find({}, 0)) << "a tag of zeros is none of the free places";
  EXPECT_FALSE(memory.find(tag(1, 2), 5));
}

TEST(CredentialCache, FindsCredentialsUntilTheyExpire) {
  std::vector<VerifiedCredential> table(16);
  CredentialCache memory(table);
  memory.insert(tag(1, 2), 7, 1000);
  for (int64_t now : {int64_t{1000}, int64_t{2000}, 1000 + limits::verified_ms - 1}) {
    EXPECT_EQ(memory.find(tag(1, 2), now), 7U) << "asking does not extend it";
  }
  EXPECT_FALSE(memory.find(tag(1, 2), 1000 + limits::verified_ms));
  EXPECT_FALSE(memory.find(tag(1, 3), 1000));
  EXPECT_FALSE(memory.find(tag(2, 2), 1000));
  memory.insert(tag(1, 2), 8, 5000);
  EXPECT_EQ(memory.find(tag(1, 2), 1000 + limits::verified_ms), 8U) << "verified anew";
}

TEST(CredentialCache, EveryByteOfTheTagIsCompared) {
  std::vector<VerifiedCredential> table(8);
  CredentialCache memory(table);
  CredentialTag whole = tag(1, 2);
  memory.insert(whole, 7, 1000);
  for (size_t i = 0; i < whole.size(); i++) {
    CredentialTag other = whole;
    other[i] ^= 0x40;
    EXPECT_FALSE(memory.find(other, 1000)) << i;
  }
}

TEST(CredentialCache, ForgetsAll) {
  std::vector<VerifiedCredential> table(16);
  CredentialCache memory(table);
  memory.insert(tag(1, 2), 7, 1000);
  memory.forget_all();
  EXPECT_FALSE(memory.find(tag(1, 2), 1001));
  for (const VerifiedCredential& place : table) EXPECT_EQ(place.tag, CredentialTag{});
}

TEST(CredentialCache, MemoryThatIsNoWholeNumberOfSetsPanics) {
  std::vector<VerifiedCredential> table(12);
  EXPECT_THROW(CredentialCache{table}, Panic);
  EXPECT_THROW(CredentialCache{std::span<VerifiedCredential>()}, Panic);
}

// Against a list for each set: the oldest goes first, one tag is there once.
TEST(CredentialCache, RandomOperations) {
  constexpr size_t sets = 3;
  std::vector<VerifiedCredential> table(sets * CredentialCache::set_size);
  CredentialCache memory(table);
  struct Known {
    CredentialTag tag;
    uint32_t account;
    int64_t since_ms;
  };
  std::vector<Known> lists[sets]; // the oldest in front
  std::mt19937 random(10);
  int64_t now = 0;
  size_t hits = 0;
  for (uint32_t i = 0; i < 100'000; i++) {
    now += static_cast<int64_t>(random() % 20'000) + 1;
    CredentialTag wanted = tag(static_cast<uint8_t>(random() % sets), static_cast<uint8_t>(random() % 14));
    auto& list = lists[wanted[7] % sets];
    auto known = std::find_if(list.begin(), list.end(), [&](const Known& k) { return k.tag == wanted; });
    if (random() % 2 == 0) {
      memory.insert(wanted, i, now);
      if (known != list.end()) {
        list.erase(known);
      } else if (list.size() == CredentialCache::set_size) {
        list.erase(list.begin());
      }
      list.push_back({wanted, i, now});
    } else {
      auto found = memory.find(wanted, now);
      bool expected = known != list.end() && now < known->since_ms + limits::verified_ms;
      ASSERT_EQ(found.has_value(), expected);
      if (found) {
        ASSERT_EQ(*found, known->account);
        hits++;
      }
    }
  }
  EXPECT_GT(hits, 1000U);
}

} // namespace
} // namespace minhttp::test
