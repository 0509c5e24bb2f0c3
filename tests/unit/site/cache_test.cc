// SPDX-License-Identifier: MIT
// The cache before real files: what it answers, when it looks again, and who makes room.

#include "site/cache.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>

#include "unit/site/cached.h"

namespace minhttp::test {
namespace {

TEST_F(Cached, SmallFilesAreInMemoryAndLargeOnesKeepTheirDescriptor) {
  tree.file("small", "abc");
  tree.file("empty", "");
  tree.file("large", std::string(limits::body_in_memory_max + 1, 'x'));
  size_t before = open_descriptors();
  EXPECT_EQ(read("small"), "abc");
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_NE(find("small").body.source.memory(), nullptr);
  EXPECT_EQ(find("large").body.source.memory(), nullptr);
  EXPECT_EQ(read("large").size(), limits::body_in_memory_max + 1);
  EXPECT_EQ(open_descriptors(), before + 1);
  EXPECT_EQ(read("empty"), "");
  test_cache->cache().drop_all();
  EXPECT_EQ(open_descriptors(), before);
}

// Then nobody leaves for the sake of memory that there is not.
TEST_F(Cached, WithoutMemoryFilesKeepTheirDescriptors) {
  open(8, Buddy::fresh_size - 1);
  for (const char* name : {"a", "b", "c"}) tree.file(name, name);
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(read(name), name);
  EXPECT_EQ(test_cache->cache().size(), 3U);
}

TEST_F(Cached, AChangeShowsWithinASecond) {
  tree.file("file", "old");
  EXPECT_EQ(read("file"), "old");
  tree.file("file", "newer");
  later(due - 1);
  EXPECT_EQ(read("file"), "old");
  later(1);
  EXPECT_EQ(read("file"), "newer");
}

TEST_F(Cached, AChangeOfTheSameSizeAndTimeShowsToo) {
  tree.file("file", "old");
  tree.modified("file", 1'000'000, 0);
  EXPECT_EQ(read("file"), "old");
  tree.file("file", "new");
  tree.modified("file", 1'000'000, 0);
  later(due);
  EXPECT_EQ(read("file"), "new");
}

// Two changes within one step of the file system's clock look like one. A page that is mapped shows
// it whatever the step: its time is that of the first store.
TEST_F(Cached, ASecondChangeAtTheSameTimeShowsToo) {
  tree.file("file", "12345");
  FILE* file = std::fopen(tree.path("file").c_str(), "r+");
  ASSERT_NE(file, nullptr);
  auto* page = static_cast<char*>(mmap(nullptr, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0));
  ASSERT_NE(page, MAP_FAILED);
  std::memcpy(page, "first", 5);
  EXPECT_EQ(read("file"), "first");
  std::memcpy(page, "other", 5);
  later(due);
  EXPECT_EQ(read("file"), "other");
  munmap(page, 5);
  std::fclose(file);
}

TEST_F(Cached, AMissingFileIsRememberedAndFoundOnceItExists) {
  EXPECT_EQ(read("file"), "status 404");
  tree.file("file", "here");
  EXPECT_EQ(read("file"), "status 404");
  later(due);
  EXPECT_EQ(read("file"), "here");
  std::filesystem::remove(tree.path("file"));
  EXPECT_EQ(read("file"), "here");
  later(due);
  EXPECT_EQ(read("file"), "status 404");
}

TEST_F(Cached, AFileIsReplacedByALinkThatLeadsOut) {
  tree.file("../secret", "SECRET");
  tree.file("dir/file", "public");
  EXPECT_EQ(read("dir/file"), "public");
  std::filesystem::remove(tree.path("dir/file"));
  tree.link("dir/file", "../../secret");
  later(due);
  EXPECT_EQ(read("dir/file"), "status 404");
}

TEST_F(Cached, ADirectoryThatIsRenamed) {
  tree.file("a/file", "in a");
  tree.file("b/file", "in b");
  EXPECT_EQ(read("a/file"), "in a");
  std::filesystem::rename(tree.path("a"), tree.path("c"));
  std::filesystem::rename(tree.path("b"), tree.path("a"));
  later(due);
  EXPECT_EQ(read("a/file"), "in b");
  EXPECT_EQ(read("b/file"), "status 404");
  EXPECT_EQ(read("c/file"), "in a");
}

TEST_F(Cached, AFileThatIsBeingSentOutlivesItsReplacement) {
  tree.file("small", "old");
  tree.file("large", std::string(20'000, 'o'));
  size_t before = open_descriptors();
  site::Found small = find("small");
  site::Found large = find("large");
  tree.file("new", "new");
  std::filesystem::rename(tree.path("new"), tree.path("small"));
  std::filesystem::remove(tree.path("large"));
  later(due);
  EXPECT_EQ(read("small"), "new");
  EXPECT_EQ(read("large"), "status 404");
  for (int i = 0; i < 100; i++) (void)read("other" + std::to_string(i));
  EXPECT_EQ(contents_of(small), "old");
  EXPECT_EQ(contents_of(large), std::string(20'000, 'o'));
  small.body.source.close();
  large.body.source.close();
  EXPECT_EQ(open_descriptors(), before);
}

// All places are in use: files are opened as if there were no cache.
TEST_F(Cached, WithoutAFreeEntryFilesAreServedUncached) {
  std::vector<site::Found> held;
  for (int i = 0; i < 20; i++) {
    std::string name = std::to_string(i);
    tree.file(name, name);
    held.push_back(find(name));
  }
  for (int i = 0; i < 20; i++) EXPECT_EQ(contents_of(held[static_cast<size_t>(i)]), std::to_string(i));
}

TEST_F(Cached, WithoutFreeMemoryFilesAreServedByDescriptor) {
  open(100, Buddy::fresh_size);
  for (int i = 0; i < 40; i++) {
    std::string name = std::to_string(i);
    tree.file(name, std::string(9000, static_cast<char>('a' + i % 26)));
    EXPECT_EQ(read(name), std::string(9000, static_cast<char>('a' + i % 26)));
  }
}

TEST_F(Cached, LongNamesAreCached) {
  std::string name = std::string(200, 'd') + "/" + std::string(200, 'f');
  tree.file(name, "one");
  EXPECT_EQ(read(name), "one");
  tree.file(name, "two");
  EXPECT_EQ(read(name), "one");
  later(due);
  EXPECT_EQ(read(name), "two");
}

TEST_F(Cached, TheSameNameInTwoSitesHasTwoEntries) {
  Tree other;
  tree.file("file", "one");
  other.file("file", "two");
  site::Files second;
  ASSERT_TRUE(second.open_root(other.root().c_str()).ok());
  second.use(&test_cache->cache(), nullptr, 1);
  EXPECT_EQ(read("file"), "one");
  EXPECT_EQ(contents_of(second.open({.base = "file"})), "two");
  EXPECT_EQ(read("file"), "one");
}

TEST_F(Cached, AResponseIsValidUntilItsOldestEntryIsDue) {
  tree.file("a", "a");
  tree.file("b", "b");
  (void)read("a");
  later(300);
  (void)read("b");
  EXPECT_EQ(test_cache->cache().valid_until_ms(), now + due);
  (void)read("a");
  EXPECT_EQ(test_cache->cache().valid_until_ms(), now - 300 + due);
}

// Stores through a mapping move no time before msync(2), and on tmpfs never.
TEST_F(Cached, AChangeThroughAMappingShowsWithinTenSeconds) {
  tree.file("file", "12345");
  tree.modified("file", 1'000'000, 0);
  FILE* file = std::fopen(tree.path("file").c_str(), "r+");
  ASSERT_NE(file, nullptr);
  auto* page = static_cast<char*>(mmap(nullptr, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0));
  ASSERT_NE(page, MAP_FAILED);
  std::memcpy(page, "first", 5); // from here on the page may be written to without the kernel's knowledge
  test_cache->cache().begin(now, std::time(nullptr) + limits::cache_settled_s + 1);
  EXPECT_EQ(read("file"), "first");
  std::memcpy(page, "other", 5);
  later(limits::cache_opened_ms - 1);
  EXPECT_EQ(read("file"), "first") << "nothing tells of the change";
  test_cache->cache().begin(now, std::time(nullptr) + limits::cache_settled_s + 1);
  later(due);
  EXPECT_EQ(read("file"), "other");
  munmap(page, 5);
  std::fclose(file);
}

// What is read again is no newcomer for that.
TEST_F(Cached, AResidentEntryStaysResidentWhenItIsReadAgain) {
  tree.file("file", "x");
  auto entry = [&] { return test_cache->cache().find(test_cache->cache().hash_of(0, "file")); };
  (void)read("file");
  for (int i = 0; i < 20; i++) {
    (void)read("scan" + std::to_string(i));
    (void)read("file");
  }
  ASSERT_TRUE(entry()->resident);
  uint64_t serial = entry()->serial;
  later(limits::cache_opened_ms);
  (void)read("file");
  EXPECT_NE(entry()->serial, serial);
  EXPECT_TRUE(entry()->resident);
}

TEST_F(Cached, UnusedDescriptorsAreClosed) {
  std::string large(limits::body_in_memory_max + 1, 'x');
  for (const char* name : {"a", "b", "c", "held"}) tree.file(name, large);
  tree.file("small", "s");
  auto& cache = test_cache->cache();
  EXPECT_EQ(cache.sweep_at_ms(), INT64_MAX) << "nothing to wake up for";
  size_t before = open_descriptors();
  (void)read("small");
  (void)read("nothing");
  EXPECT_EQ(cache.sweep_at_ms(), INT64_MAX) << "these pin nothing";
  for (const char* name : {"a", "b", "c"}) (void)read(name);
  site::Found held = find("held");
  EXPECT_EQ(open_descriptors(), before + 4);
  EXPECT_EQ(cache.sweep_at_ms(), now + limits::cache_unused_ms);
  later(5000);
  (void)read("b"); // looked at again
  later(limits::cache_unused_ms - 5000 - 1);
  cache.sweep(now);
  EXPECT_EQ(open_descriptors(), before + 4);
  later(1);
  cache.sweep(now);
  EXPECT_EQ(open_descriptors(), before + 2) << "b, and the one that is being sent";
  EXPECT_EQ(cache.sweep_at_ms(), now + 5000);
  EXPECT_EQ(contents_of(held), large);
  held.body.source.close();
  EXPECT_EQ(open_descriptors(), before + 1);
  EXPECT_EQ(read("a"), large) << "as if it had never been there";
  later(5000);
  cache.sweep(now);
  EXPECT_EQ(open_descriptors(), before + 1) << "a is younger";
  later(limits::cache_unused_ms);
  cache.sweep(now);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(cache.sweep_at_ms(), INT64_MAX);
}

TEST_F(Cached, OneSweepIsBounded) {
  constexpr int count = limits::cache_sweep_max + 10;
  open(count);
  for (int i = 0; i < count; i++) tree.file(std::to_string(i), std::string(limits::body_in_memory_max + 1, 'x'));
  size_t before = open_descriptors();
  for (int i = 0; i < count; i++) (void)read(std::to_string(i));
  EXPECT_EQ(open_descriptors(), before + count);
  later(limits::cache_unused_ms);
  test_cache->cache().sweep(now);
  EXPECT_EQ(open_descriptors(), before + 10);
  EXPECT_EQ(test_cache->cache().sweep_at_ms(), now + limits::cache_sweep_ms);
  test_cache->cache().sweep(now + limits::cache_sweep_ms - 1);
  EXPECT_EQ(open_descriptors(), before + 10);
  test_cache->cache().sweep(now + limits::cache_sweep_ms);
  EXPECT_EQ(open_descriptors(), before);
}

// Files that are asked for over and over stay while somebody walks through a million names.
TEST_F(Cached, AScanDoesNotEvictResidentEntries) {
  open(64);
  for (int i = 0; i < 40; i++) tree.file("hot" + std::to_string(i), "hot");
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 40; i++) EXPECT_EQ(read("hot" + std::to_string(i)), "hot");
  }
  for (int i = 0; i < 1'000'000; i++) (void)test_cache->cache().find(test_cache->cache().hash_of(0, std::to_string(i)));
  for (int i = 0; i < 10'000; i++) (void)read("scan" + std::to_string(i));
  EXPECT_LE(test_cache->cache().size(), 64U);
  std::filesystem::remove_all(tree.root());
  for (int i = 0; i < 40; i++) EXPECT_EQ(read("hot" + std::to_string(i)), "hot") << "still known " << i;
}

// A working set that moves on: the old one goes.
TEST_F(Cached, UnusedResidentEntriesAreEvicted) {
  open(64);
  for (int set = 0; set < 4; set++) {
    for (int round = 0; round < 6; round++) {
      for (int i = 0; i < 40; i++) (void)read(std::to_string(set) + "/" + std::to_string(i));
    }
  }
  int kept = 0;
  for (int i = 0; i < 40; i++) {
    kept += test_cache->cache().find(test_cache->cache().hash_of(0, "3/" + std::to_string(i))) != nullptr ? 1 : 0;
  }
  EXPECT_GE(kept, 30);
}

// Anything in any order, against a table that forgets nothing.
TEST_F(Cached, AResponseNeverHasAnotherFilesBytes) {
  open(16, 4 * Buddy::fresh_size);
  std::mt19937 random(2);
  std::vector<std::string> now_there(40);
  std::vector<std::pair<std::string, site::Found>> held;
  for (int turn = 0; turn < 20'000; turn++) {
    auto which = random() % now_there.size();
    std::string name = "f" + std::to_string(which);
    if (random() % 20 == 0) {
      now_there[which] = std::string(1 + random() % 16'000, static_cast<char>('a' + random() % 26));
      tree.file("new", now_there[which]);
      std::filesystem::rename(tree.path("new"), tree.path(name));
      later(due);
    }
    site::Found found = find(name);
    std::string expected = now_there[which].empty() ? "status 404" : now_there[which];
    ASSERT_EQ(contents_of(found), expected) << turn;
    if (random() % 4 == 0) held.emplace_back(expected, std::move(found));
    if (held.size() > 12 || (random() % 8 == 0 && !held.empty())) {
      auto at = held.begin() + static_cast<long>(random() % held.size());
      ASSERT_EQ(contents_of(at->second), at->first);
      held.erase(at);
    }
  }
}

} // namespace
} // namespace minhttp::test
