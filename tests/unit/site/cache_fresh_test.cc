// SPDX-License-Identifier: MIT
// How soon the cache looks again.

#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "site/files.h"
#include "unit/site/test_cache.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

// After a quiet moment, who asks gets what is there now; so does he while there are changes.
TEST(FreshCache, ASingleClientSeesAChangeAtOnce) {
  Tree tree;
  TestCache test_cache(8);
  site::Files files;
  ASSERT_TRUE(files.open_root(tree.root().c_str()).ok());
  files.use(&test_cache.cache(), nullptr, 0);
  int64_t now = 1000;
  auto size = [&] { return files.open({.base = "file"}).body.length; };
  auto wait = [&](int64_t ms) {
    test_cache.cache().note_received();
    test_cache.cache().begin(now += ms, std::time(nullptr));
  };
  auto change = [&](int number) {
    tree.file("file", std::string(static_cast<size_t>(number), 'x'));
    return size() == static_cast<size_t>(number);
  };
  for (uint32_t i = 0; i <= limits::cache_careful_answers; i++) wait(limits::cache_quiet_ms - 1);
  EXPECT_EQ(size(), 0U);
  wait(limits::cache_quiet_ms - 1);
  EXPECT_FALSE(change(1)) << "it is busy";
  wait(limits::cache_quiet_ms);
  EXPECT_TRUE(change(1));
  EXPECT_FALSE(change(2)) << "nothing was received since the look";
  for (int i = 3; i < 100; i++) {
    wait(0);
    EXPECT_TRUE(change(i)) << i;
  }
  for (uint32_t i = 0; i < limits::cache_careful_answers; i++) {
    wait(0);
    (void)size();
  }
  wait(0);
  EXPECT_FALSE(change(100)) << "nothing has changed for a while";
  EXPECT_FALSE(test_cache.cache().is_careful(now += limits::cache_quiet_ms - 1)) << "a replayed response counts";
  EXPECT_FALSE(test_cache.cache().is_careful(now += limits::cache_quiet_ms - 1));
  EXPECT_TRUE(test_cache.cache().is_careful(now += limits::cache_quiet_ms)) << "and now none is replayed";
}

} // namespace
} // namespace minhttp::test
