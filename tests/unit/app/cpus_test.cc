// How many CPUs a quota pays for, and whose quota it is.

#include "app/cpus.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

using app::cgroup_of;
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

TEST(Cpus, WhatIsNoQuota) {
  for (const char* text : {"max 100000\n", "max", "", "\n", "100000", "100000 \n", "100000 0\n", "-1 100000\n",
                           "99999999999999999999 100000\n", "9999999999 100000\n", "a b\n", "100000 100000 7\n"}) {
    EXPECT_EQ(quota_of(text), unlimited) << text;
  }
}

TEST(Cpus, TheFilesOfVersionOne) {
  EXPECT_EQ(quota_of("150000\n", "100000\n"), 2U);
  EXPECT_EQ(quota_of("-1\n", "100000\n"), unlimited);
  EXPECT_EQ(quota_of("", ""), unlimited) << "no such file";
}

TEST(Cpus, WhereTheProcessIs) {
  auto two = [](std::string_view lines) { return cgroup_of(lines, app::CgroupVersion::two); };
  auto one = [](std::string_view lines) { return cgroup_of(lines, app::CgroupVersion::one); };
  EXPECT_EQ(two("0::/system.slice/minhttp.service\n"), "/system.slice/minhttp.service");
  EXPECT_EQ(two("0::/\n"), "/");
  EXPECT_EQ(two("0::/a:b\n"), "/a:b") << "a name may hold a colon";
  EXPECT_EQ(two(""), "");
  EXPECT_EQ(two("0::/../elsewhere\n"), "") << "outside of the namespace";
  EXPECT_EQ(two("4:cpu,cpuacct:/docker/1\n"), "");
  std::string_view mixed = "12:cpuset:/no\n5:memory:/no\n4:cpuacct,cpu:/docker/1\n1:name=systemd:/no\n0::/yes\n";
  EXPECT_EQ(one(mixed), "/docker/1");
  EXPECT_EQ(two(mixed), "/yes");
  EXPECT_EQ(one("0::/\n"), "");
  EXPECT_EQ(one("nonsense\n:\n4\n"), "");
}

TEST(Cpus, ThereIsAlwaysOne) {
  EXPECT_GE(app::usable_cpus(), 1U);
  EXPECT_LE(app::usable_cpus(), 8192U);
}

} // namespace
} // namespace minhttp::test
