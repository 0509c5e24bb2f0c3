// SPDX-License-Identifier: MIT
// Which control group the process is in.

#include "app/cgroup.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

using app::cgroup_of;

TEST(Cgroup, FindsTheGroupOfTheProcess) {
  auto two = [](std::string_view lines) { return cgroup_of(lines, app::CgroupVersion::two, "cpu"); };
  auto one = [](std::string_view lines) { return cgroup_of(lines, app::CgroupVersion::one, "cpu"); };
  EXPECT_EQ(two("0::/system.slice/minhttp.service\n"), "/system.slice/minhttp.service");
  EXPECT_EQ(two("0::/\n"), "/");
  EXPECT_EQ(two("0::/a:b\n"), "/a:b") << "a name may hold a colon";
  EXPECT_EQ(two(""), "");
  EXPECT_EQ(two("0::/../elsewhere\n"), "") << "outside of the namespace";
  EXPECT_EQ(two("4:cpu,cpuacct:/docker/1\n"), "");
  std::string_view mixed = "12:cpuset:/no\n5:memory:/pods/2\n4:cpuacct,cpu:/docker/1\n1:name=systemd:/no\n0::/yes\n";
  EXPECT_EQ(one(mixed), "/docker/1");
  EXPECT_EQ(two(mixed), "/yes");
  EXPECT_EQ(cgroup_of(mixed, app::CgroupVersion::one, "memory"), "/pods/2");
  EXPECT_EQ(cgroup_of(mixed, app::CgroupVersion::one, "pids"), "");
  EXPECT_EQ(one("0::/\n"), "");
  EXPECT_EQ(one("nonsense\n:\n4\n"), "");
}

} // namespace
} // namespace minhttp::test
