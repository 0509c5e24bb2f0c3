// SPDX-License-Identifier: MIT
// Names, bytes and descriptors of the cache have bounds of their own; and what is looked at without opening it.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <vector>

#include "unit/site/cached.h"

namespace minhttp::test {
namespace {

constexpr size_t four = Buddy::fresh_size / 4; // so many bytes of a file; four of them fill the smallest cache

struct CacheBounds : Cached {
  void files_of(const std::string& letter, int count, size_t size) {
    for (int i = 0; i < count; i++) tree.file(letter + std::to_string(i), std::string(size, letter[0]));
  }
  size_t in_memory(const std::string& letter, int count) {
    size_t found = 0;
    for (int i = 0; i < count; i++) {
      const site::CacheEntry* one = entry(letter + std::to_string(i));
      found += one != nullptr && one->memory != nullptr ? 1U : 0U;
    }
    return found;
  }
  void read_all(const std::string& letter, int count, size_t size) {
    for (int i = 0; i < count; i++) {
      EXPECT_EQ(read(letter + std::to_string(i)), std::string(size, letter[0])) << letter << i;
    }
  }
};

TEST_F(CacheBounds, MoreNamesAreCachedThanBytesAndDescriptors) {
  open(100, Buddy::fresh_size, 3);
  files_of("a", 20, four);
  size_t before = open_descriptors();
  read_all("a", 20, four);
  EXPECT_EQ(in_memory("a", 20), 4U);
  EXPECT_EQ(open_descriptors(), before + 3);
  EXPECT_EQ(test_cache->cache().size(), 20U);
  read_all("a", 20, four);
  EXPECT_EQ(open_descriptors(), before + 3) << "others are opened for each answer";
  tree.file("a19", "new");
  EXPECT_EQ(read("a19"), "new") << "and it is seen that this one has changed";
  test_cache->cache().drop_all();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(CacheBounds, RequestsForEveryFileEvictNothing) {
  open(4000, Buddy::fresh_size, 2);
  files_of("hot", 4, four);
  files_of("large", 2, limits::body_in_memory_max + 1);
  for (int i = 0; i < 2; i++) {
    read_all("hot", 4, four);
    read_all("large", 2, limits::body_in_memory_max + 1);
  }
  later(2 * limits::cache_unused_ms);
  files_of("scan", 100, four);
  files_of("big", 10, limits::body_in_memory_max + 1);
  read_all("scan", 100, four);
  read_all("big", 10, limits::body_in_memory_max + 1);
  EXPECT_EQ(in_memory("hot", 4), 4U);
  for (const char* name : {"large0", "large1"}) EXPECT_TRUE(entry(name)->keeps_body()) << name;
}

TEST_F(CacheBounds, ASecondRequestEvictsUnusedBytes) {
  open(100, Buddy::fresh_size, 0);
  files_of("old", 4, four);
  read_all("old", 4, four);
  files_of("new", 4, four);
  for (int i = 0; i < 2; i++) read_all("new", 4, four);
  EXPECT_EQ(in_memory("old", 4), 4U) << "these were asked for just now";
  later(limits::cache_unused_ms / 2);
  (void)read("old0");
  later(limits::cache_unused_ms / 2);
  read_all("new", 4, four);
  EXPECT_EQ(in_memory("new", 4), 3U);
  EXPECT_NE(entry("old0")->memory, nullptr);
  read_all("old", 4, four);
}

TEST_F(CacheBounds, BytesThatAreBeingSentAreEvictedLater) {
  open(100, Buddy::fresh_size, 0);
  files_of("old", 4, four);
  std::vector<site::Found> sent;
  for (int i = 0; i < 4; i++) sent.push_back(find("old" + std::to_string(i)));
  tree.file("new", std::string(four, 'n'));
  (void)read("new");
  later(limits::cache_unused_ms);
  (void)read("new");
  EXPECT_EQ(entry("new")->memory, nullptr);
  for (const site::Found& one : sent) EXPECT_EQ(contents_of(one), std::string(four, 'o'));
  sent.clear();
  EXPECT_EQ(read("new"), std::string(four, 'n'));
  EXPECT_NE(entry("new")->memory, nullptr);
}

// Two send a small file at the same time: the second one leaves the descriptor to the first.
TEST_F(CacheBounds, ADescriptorThatIsBeingSentFromIsKept) {
  open(100, 1 << 20, 0);
  tree.file("small", "small");
  site::Found first = files.open({.base = "small"}); // a loop would have it wait here
  EXPECT_EQ(read("small"), "small");
  EXPECT_EQ(entry("small")->memory, nullptr);
  EXPECT_EQ(contents_of(first), "small");
  first.body.source.close();
  EXPECT_FALSE(entry("small")->file.open());
  EXPECT_EQ(read("small"), "small");
  EXPECT_NE(entry("small")->memory, nullptr);
}

// What a name has led to is remembered longer than its body; it shows when that is no longer right.
TEST_F(CacheBounds, AReopenedBodyIsOfTheSameFile) {
  open(100, 0, 0);
  tree.file("file", "old");
  EXPECT_EQ(read("file"), "old");
  site::Found found = files.open({.base = "file"});
  EXPECT_FALSE(entry("file")->at_hand());
  tree.file("next", "new");
  std::filesystem::rename(tree.path("next"), tree.path("file"));
  EXPECT_FALSE(files.load(found)) << "what was said of it would be wrong";
  EXPECT_EQ(read("file"), "new");

  found = files.open({.base = "file"});
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  bool loaded = files.load(found);
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_TRUE(loaded);
  EXPECT_EQ(found.kind, site::Found::Kind::error);
  EXPECT_EQ(found.status, http::Status::service_unavailable);
  EXPECT_EQ(read("file"), "new");
}

// A sibling is sent: then the file itself is neither read nor kept open.
TEST_F(CacheBounds, AFileIsNotReadUnlessItsBodyIsSent) {
  tree.file("page", "page");
  size_t before = open_descriptors();
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(files.open({.base = "page"}).kind, site::Found::Kind::file);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(entry("page")->memory, nullptr);
    later(due);
  }
  EXPECT_EQ(read("page"), "page");
  EXPECT_NE(entry("page")->memory, nullptr);
}

// A look at what is known already opens nothing, so it needs no descriptor.
TEST_F(CacheBounds, CheckingAKnownFileNeedsNoDescriptor) {
  tree.file("small", "s");
  tree.file("large", std::string(20'000, 'l'));
  tree.modified("small", 1'000'000, 0);
  auto settled = [&] { test_cache->cache().begin(now, std::time(nullptr) + limits::cache_settled_s + 1); };
  settled();
  for (const char* name : {"small", "large"}) (void)read(name);
  later(due);
  settled();
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  std::string small = read("small");
  bool fresh = test_cache->cache().is_fresh(*entry("small"));
  std::string large = read("large");
  std::string nothing = read("nothing");
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(small, "s");
  EXPECT_TRUE(fresh);
  EXPECT_EQ(large, std::string(20'000, 'l'));
  EXPECT_EQ(nothing, "status 503");
}

// A look by name follows links out of the root, but only ever finds what was beneath it; and not for ever.
TEST_F(CacheBounds, ADirectoryMovedOutOfTheSiteAndLinkedBack) {
  tree.file("dir/file", "moved");
  tree.file("dir/other", "other");
  test_cache->cache().begin(now, std::time(nullptr) + limits::cache_settled_s + 1);
  EXPECT_EQ(read("dir/file"), "moved");
  std::filesystem::rename(tree.path("dir"), tree.path("../outside"));
  tree.link("dir", "../outside");
  later(due);
  EXPECT_EQ(read("dir/file"), "moved") << "the same file, unchanged";
  EXPECT_EQ(read("dir/other"), "status 404") << "which was not known before";
  later(limits::cache_opened_ms);
  EXPECT_EQ(read("dir/file"), "status 404");
}

// While there was no room for its bytes it was a file; when there is, it is read.
TEST_F(CacheBounds, AFileIsReadIntoMemoryOnceThereIsSpace) {
  open(100, Buddy::fresh_size);
  files_of("old", 4, four);
  read_all("old", 4, four);
  tree.file("new", "new");
  for (int i = 0; i < 2; i++) EXPECT_EQ(read("new"), "new");
  EXPECT_EQ(entry("new")->memory, nullptr);
  later(limits::cache_unused_ms);
  EXPECT_EQ(read("new"), "new");
  EXPECT_NE(entry("new")->memory, nullptr);
  EXPECT_FALSE(entry("new")->file.open());
}

} // namespace
} // namespace minhttp::test
