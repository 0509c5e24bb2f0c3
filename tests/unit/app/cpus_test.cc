// SPDX-License-Identifier: MIT
// How many CPUs a quota pays for.

#include "app/cpus.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

using app::quota_of;
using app::unlimited;

TEST(Cpus, AQuotaIsRoundedUp) {
  EXPECT_EQ(quota_of("100000 100000\n"), 1U);
  EXPECT_EQ(quota_of("150000 100000\n"), 2U);
  EXPECT_EQ(quota_of("200000 100000\n"), 2U);
  EXPECT_EQ(quota_of("200001 100000\n"), 3U);
  EXPECT_EQ(quota_of("1000 100000\n"), 1U);
  EXPECT_EQ(quota_of("50000 50000"), 1U);
  EXPECT_EQ(quota_of("0 100000\n"), 1U) << "something must serve";
}

TEST(Cpus, MalformedQuotasAreIgnored) {
  for (const char* text : {"max 100000\n", "max", "", "\n", "100000", "100000 \n", "100000 0\n", "-1 100000\n",
                           "99999999999999999999 100000\n", "9999999999 100000\n", "a b\n", "100000 100000 7\n"}) {
    EXPECT_EQ(quota_of(text), unlimited) << text;
  }
}

TEST(Cpus, ReadsTheFilesOfCgroupsVersionOne) {
  EXPECT_EQ(quota_of("150000\n", "100000\n"), 2U);
  EXPECT_EQ(quota_of("-1\n", "100000\n"), unlimited);
  EXPECT_EQ(quota_of("", ""), unlimited) << "no such file";
}

TEST(Cpus, ThereIsAtLeastOneCpu) {
  EXPECT_GE(app::usable_cpus(), 1U);
  EXPECT_LE(app::usable_cpus(), 8192U);
}

} // namespace
} // namespace minhttp::test
