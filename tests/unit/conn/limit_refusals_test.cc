// SPDX-License-Identifier: MIT
// What an operator reads and counts of clients that were refused because a limit was reached.

#include "conn/limit_refusals.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "conn/metering.h"
#include "unit/app/caught.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::LimitRefusals;
using conn::ReachedLimit;

constexpr std::array all = {ReachedLimit::connections, ReachedLimit::workspaces, ReachedLimit::descriptors,
                            ReachedLimit::client_connections, ReachedLimit::client_rate};

// What is written to standard error.
std::string said(LimitRefusals& refusals, uint64_t connections = 100, uint64_t workspaces = 20) {
  Caught caught(2);
  refusals.say(connections, workspaces);
  return caught.text();
}

TEST(LimitRefusals, EachLimitHasItsWordsAndTheOptionThatRaisesIt) {
  const std::array words = {"all 100 connections are busy (--connections)", "all 20 workspaces are busy (--workspaces)",
                            "no file descriptor is free (ulimit -n)",
                            "a client has too many connections (--client-connections)",
                            "a client asks too often (--client-rate)"};
  for (size_t i = 0; i < all.size(); i++) {
    LimitRefusals refusals;
    refusals.add(all[i], 0);
    EXPECT_EQ(said(refusals), std::string("minhttp: refused 1 time in the last second: ") + words[i] + "\n");
  }
}

TEST(LimitRefusals, AreOneLineASecond) {
  LimitRefusals refusals;
  EXPECT_EQ(refusals.due_ms(), INT64_MAX);
  refusals.add(ReachedLimit::client_rate, 5'000);
  EXPECT_EQ(refusals.due_ms(), 5'000 + limits::refusals_said_ms);
  refusals.add(ReachedLimit::connections, 5'900);
  refusals.add(ReachedLimit::client_rate, 5'950);
  EXPECT_EQ(refusals.due_ms(), 5'000 + limits::refusals_said_ms) << "later ones do not put it off";
  EXPECT_EQ(said(refusals),
            "minhttp: refused 3 times in the last second: all 100 connections are busy (--connections), "
            "a client asks too often (--client-rate)\n");
  EXPECT_EQ(refusals.due_ms(), INT64_MAX);
  refusals.add(ReachedLimit::descriptors, 7'000);
  EXPECT_EQ(said(refusals), "minhttp: refused 1 time in the last second: no file descriptor is free (ulimit -n)\n")
      << "what was said is not said again";
}

TEST(LimitRefusals, AllAtOnceFitTheLine) {
  LimitRefusals refusals;
  for (ReachedLimit limit : all) refusals.add(limit, 0);
  std::string text = said(refusals, UINT64_MAX, UINT64_MAX);
  EXPECT_EQ(count(text, ", "), 4U) << text;
  EXPECT_EQ(text.find("minhttp: refused 5 times in the last second: all 18446744073709551615 connections"), 0U) << text;
  EXPECT_TRUE(ends(text, "(--client-rate)\n")) << text;
}

struct CountedRefusals : SmallSite {};

TEST_F(CountedRefusals, AreCountedByLimit) {
  TestServer house(plan());
  auto shared = std::make_unique<metrics::Shared>();
  metrics::Block& block = shared->blocks[0];
  conn::note_limit_refusal(house.server(), ReachedLimit::descriptors);
  EXPECT_NE(house.server().limit_refusals.due_ms(), INT64_MAX) << "said also where nothing is counted";
  house.server().metrics = &block;
  for (size_t i = 0; i < all.size(); i++) {
    for (size_t times = 0; times <= i; times++) conn::note_limit_refusal(house.server(), all[i]);
  }
  EXPECT_EQ(block[metrics::Count::refused_connections].load(), 1U);
  EXPECT_EQ(block[metrics::Count::refused_workspaces].load(), 2U);
  EXPECT_EQ(block[metrics::Count::refused_descriptors].load(), 3U);
  EXPECT_EQ(block[metrics::Count::refused_client_connections].load(), 4U);
  EXPECT_EQ(block[metrics::Count::refused_client_rate].load(), 5U);
}

} // namespace
} // namespace minhttp::test
