// SPDX-License-Identifier: MIT
// The table of digests: what was noted is found, until the oldest makes room.

#include "site/tag_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tables/limits.h"

namespace minhttp::test {
namespace {

Digest version(uint64_t number) { return digest_of(std::to_string(number)); }
Digest content(uint64_t number) { return {.high = number, .low = ~number}; }

bool has(const site::TagTable& table, uint64_t number) {
  const Digest* found = table.find(version(number));
  if (found != nullptr) {
    EXPECT_EQ(*found, content(number));
  }
  return found != nullptr;
}

TEST(TagTable, KeepsTheLatestEntriesForAnySize) {
  for (size_t size : {1U, 2U, 3U, 5U, 8U, 100U, 127U, 128U, 129U}) {
    std::vector<site::TagEntry> entries(size);
    site::TagTable table(entries);
    EXPECT_FALSE(has(table, 0));
    for (uint64_t i = 0; i < 3 * size + 1; i++) {
      table.note(version(i), content(i));
      for (uint64_t other = 0; other <= i + 1; other++) {
        ASSERT_EQ(has(table, other), other <= i && other + size > i) << size << " " << i << " " << other;
      }
    }
    EXPECT_EQ(table.size(), size);
  }
}

// A hundred thousand files are hashed once; each is found with a step or two, and memory is touched as they come.
TEST(TagTable, ManyFiles) {
  std::vector<site::TagEntry> entries(limits::tag_entries);
  site::TagTable table(entries);
  for (uint64_t i = 0; i < 100'000; i++) table.note(version(i), content(i));
  cost::counts = {};
  for (uint64_t i = 0; i < 100'000; i++) ASSERT_TRUE(has(table, i)) << i;
  EXPECT_LT(cost::counts[static_cast<size_t>(cost::Kind::probes)], 250'000U);
  EXPECT_EQ(entries[100'000].first, 0U);
}

} // namespace
} // namespace minhttp::test
