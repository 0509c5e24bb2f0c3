// SPDX-License-Identifier: MIT
// What the options become where a control group limits the memory.

#include "app/memory.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

using app::Config;
using app::fit_to_memory;
using app::memory_limit_of;

constexpr uint64_t MiB = 1 << 20;

TEST(Memory, ReadsTheFilesOfBothCgroupVersions) {
  EXPECT_EQ(memory_limit_of("67108864\n"), 64 * MiB);
  EXPECT_EQ(memory_limit_of("max\n"), UINT64_MAX);
  EXPECT_EQ(memory_limit_of("9223372036854771712\n"), 9223372036854771712U) << "none, in version 1";
  EXPECT_EQ(memory_limit_of("0\n"), 0U);
  EXPECT_EQ(memory_limit_of(""), UINT64_MAX) << "no such file";
  EXPECT_EQ(memory_limit_of("-1\n"), UINT64_MAX);
}

TEST(Memory, OptionsThatFitAreNotChanged) {
  Config config;
  EXPECT_FALSE(fit_to_memory(config, 400 * MiB, 300 * MiB)) << "three quarters";
  EXPECT_FALSE(fit_to_memory(config, UINT64_MAX, 300 * MiB));
  EXPECT_EQ(config.connections, limits::connections);
  EXPECT_EQ(config.replay_entries, limits::replay_entries);
}

TEST(Memory, OptionsAreReducedInProportion) {
  Config config;
  EXPECT_TRUE(fit_to_memory(config, 64 * MiB, 192 * MiB)) << "a quarter is much less";
  auto about = [](uint64_t is, uint64_t wanted) { return is <= wanted && is >= wanted - wanted / 100; };
  EXPECT_PRED2(about, config.connections, limits::connections / 4);
  EXPECT_PRED2(about, config.workspaces, limits::workspaces / 4);
  EXPECT_PRED2(about, config.cache_files, limits::cache_files / 4);
  EXPECT_PRED2(about, config.cache_bytes, limits::cache_bytes / 4);
  EXPECT_PRED2(about, config.tag_entries, limits::tag_entries / 4);
  EXPECT_EQ(config.listings, 1U) << "not quite two";
  EXPECT_EQ(config.replay_entries, 512U) << "a power of two, not above a quarter";
}

TEST(Memory, ALittleLessThanTheDefaultsNeedsNoMessage) {
  Config config;
  EXPECT_FALSE(fit_to_memory(config, 320 * MiB, 300 * MiB));
  EXPECT_LT(config.connections, limits::connections);
  EXPECT_GT(config.connections, limits::connections / 2);
}

TEST(Memory, LessThanAnOptionAsksForNeedsAMessage) {
  auto says = [](auto set) {
    Config config;
    set(config);
    return fit_to_memory(config, 320 * MiB, 300 * MiB);
  };
  EXPECT_TRUE(says([](Config& config) { config.connections = 20'000; }));
  EXPECT_TRUE(says([](Config& config) { config.workspaces = 4'000; }));
  EXPECT_TRUE(says([](Config& config) { config.cache_files = 5'000; }));
  EXPECT_TRUE(says([](Config& config) { config.cache_bytes = 10; }));
}

TEST(Memory, AMinimumRemainsForAnyLimit) {
  for (uint64_t part : {uint64_t{0}, uint64_t{1}, uint64_t{4096}, MiB}) {
    Config config;
    EXPECT_TRUE(fit_to_memory(config, part, 300 * MiB));
    EXPECT_GE(config.connections, 16U);
    EXPECT_GE(config.workspaces, 4U);
    EXPECT_EQ(config.listings, 1U);
    EXPECT_GE(config.replay_entries, 1U);
  }
  Config config;
  config.connections = config.workspaces = 1; // as in the plain loop
  EXPECT_TRUE(fit_to_memory(config, 0, 300 * MiB));
  EXPECT_EQ(config.connections, 1U) << "never more than before";
  EXPECT_EQ(config.workspaces, 1U);
}

TEST(Memory, TheLargestOptionsDoNotWrap) {
  Config config;
  config.connections = 4'000'000;
  config.cache_bytes = 64ULL << 30;
  EXPECT_TRUE(fit_to_memory(config, 64ULL << 30, 96ULL << 30));
  EXPECT_NEAR(static_cast<double>(config.connections), 2'000'000, 1000);
  EXPECT_NEAR(static_cast<double>(config.cache_bytes), static_cast<double>(32ULL << 30), 1e7);
}

} // namespace
} // namespace minhttp::test
