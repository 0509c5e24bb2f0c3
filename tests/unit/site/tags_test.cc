// SPDX-License-Identifier: MIT
// Which files have a digest for their entity tag, and that it is never another version's.

#include "site/tags.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <optional>
#include <string>

#include "site/files.h"
#include "sys/file.h"
#include "unit/site/test_cache.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

constexpr size_t small = limits::body_in_memory_max;
constexpr size_t large = limits::tag_read_max;

struct TagsOfFiles : testing::Test {
  TagsOfFiles() {
    if (!files.open_root(tree.root().c_str()).ok()) throw std::runtime_error("no root");
    use(nullptr);
  }
  void use(site::Cache* with) {
    cache = with;
    files.use(cache, &test_tags.tags(), 0);
  }
  // Nothing: it has none, or not in this turn. The time is so many seconds after the files were made.
  std::optional<Digest> digest(const std::string& name, int64_t later = 10) {
    int64_t now = std::time(nullptr) + later;
    if (cache != nullptr) {
      cache->note_received();
      cache->begin(++now_ms, now);
    }
    auto found = files.open({.base = name});
    while (!files.load(found)) found = files.open({.base = name});
    waits = !files.tag(found, now);
    return found.validators.hashed ? std::optional(found.validators.digest) : std::nullopt;
  }
  void make(const std::string& name, size_t size, char c = 'x') { tree.file(name, std::string(size, c)); }
  static Digest of(size_t size, char c = 'x') { return digest_of(std::string(size, c)); }
  int turns_until_done() {
    int turns = 0;
    for (; test_tags.tags().busy(); turns++) test_tags.tags().turn();
    return turns;
  }
  static uint64_t hashed() { return cost::counts[static_cast<size_t>(cost::Kind::hashed)]; }

  Tree tree;
  site::Files files;
  TestTags test_tags;
  TestCache test_cache{8};
  site::Cache* cache = nullptr;
  int64_t now_ms = 1'000'000;
  bool waits = false;
};

TEST_F(TagsOfFiles, TheDigestIsThatOfTheBytes) {
  for (site::Cache* with : {static_cast<site::Cache*>(nullptr), &test_cache.cache()}) {
    use(with);
    for (size_t size : {size_t{0}, size_t{1}, small, small + 1, limits::tag_buffer_bytes + 1, large}) {
      test_tags.tags().turn();
      std::string name = "file" + std::to_string(size);
      make(name, size);
      for (int i = 0; i < 3; i++) EXPECT_EQ(digest(name), of(size)) << size;
    }
  }
}

TEST_F(TagsOfFiles, WithoutATableThereAreNoTags) {
  files.use(nullptr, nullptr, 0);
  make("file", 10);
  EXPECT_FALSE(digest("file"));
  EXPECT_FALSE(waits);
}

// Another change in the same step of the clock would show in nothing that the system tells. What is small is hashed
// for every answer, or from the very bytes that are sent.
TEST_F(TagsOfFiles, AFileThatHasJustChangedHasNoTag) {
  for (site::Cache* with : {static_cast<site::Cache*>(nullptr), &test_cache.cache()}) {
    use(with);
    make("small", small);
    make("medium", small + 1);
    make("large", large + 1);
    EXPECT_EQ(digest("small", 0), of(small));
    EXPECT_FALSE(digest("medium", 0));
    EXPECT_FALSE(digest("large", 0));
    EXPECT_FALSE(test_tags.tags().busy());
    make("small", small, 'y');
    EXPECT_EQ(digest("small", 0), of(small, 'y'));
    EXPECT_EQ(digest("medium"), of(small + 1));
  }
}

// Without memory for its bytes it is a file like the others; then what was hashed early is not remembered.
TEST_F(TagsOfFiles, ASmallFileThatHasJustChangedAndIsNotInMemory) {
  TestCache without(8, Buddy::largest - 1);
  use(&without.cache());
  make("small", 100);
  Digest wanted = of(100);
  uint64_t before = hashed();
  for (int i = 0; i < 3; i++) EXPECT_EQ(digest("small", 0), wanted);
  EXPECT_GE(hashed() - before, 300U);
  EXPECT_EQ(digest("small"), of(100));
}

TEST_F(TagsOfFiles, AVersionIsReadOnce) {
  make("file", large);
  Digest wanted = of(large);
  uint64_t before = hashed();
  EXPECT_EQ(digest("file"), wanted);
  EXPECT_GE(hashed() - before, large);
  before = hashed();
  EXPECT_EQ(digest("file"), wanted);
  EXPECT_LT(hashed() - before, 1000U) << "what the system says of it";
}

TEST_F(TagsOfFiles, AWriteThatResetsTheModificationTimeChangesTheTag) {
  make("file", small + 1);
  tree.modified("file", 1'000'000'000, 0);
  EXPECT_EQ(digest("file"), of(small + 1));
  make("file", small + 1, 'y');
  tree.modified("file", 1'000'000'000, 0);
  EXPECT_EQ(digest("file"), of(small + 1, 'y'));
}

TEST_F(TagsOfFiles, ATurnReadsABoundedNumberOfBytes) {
  make("a", large - 10);
  make("b", 11 + small);
  make("c", 5 + small);
  EXPECT_TRUE(digest("a"));
  EXPECT_FALSE(digest("b"));
  EXPECT_TRUE(waits);
  EXPECT_FALSE(digest("c"));
  EXPECT_TRUE(waits);
  EXPECT_TRUE(digest("a")) << "which is known";
  test_tags.tags().turn();
  EXPECT_TRUE(digest("b"));
  EXPECT_TRUE(digest("c"));
}

TEST_F(TagsOfFiles, ALargeFileIsReadInSlices) {
  make("file", large + 1);
  EXPECT_FALSE(digest("file"));
  EXPECT_FALSE(waits);
  EXPECT_FALSE(digest("file")) << "not twice";
  uint64_t before = hashed();
  test_tags.tags().turn();
  EXPECT_GE(hashed() - before, limits::tag_slice_bytes);
  EXPECT_LT(hashed() - before, limits::tag_slice_bytes + 100) << "and what the system says of it";
  EXPECT_EQ(turns_until_done(), static_cast<int>(large / limits::tag_slice_bytes));
  EXPECT_EQ(digest("file"), of(large + 1));
}

TEST_F(TagsOfFiles, LargeFilesTakeTurns) {
  make("long", 40 * large);
  EXPECT_FALSE(digest("long"));
  for (uint32_t i = 1; i < limits::tags_under_way; i++) {
    make(std::to_string(i), large + i);
    EXPECT_FALSE(digest(std::to_string(i)));
  }
  make("more", large + 100);
  EXPECT_FALSE(digest("more")) << "no place";
  for (uint32_t i = 0; i < 6 * limits::tags_under_way; i++) test_tags.tags().turn();
  for (uint32_t i = 1; i < limits::tags_under_way; i++) EXPECT_EQ(digest(std::to_string(i)), of(large + i));
  EXPECT_FALSE(digest("long"));
  EXPECT_FALSE(digest("more")) << "but now";
  turns_until_done();
  EXPECT_EQ(digest("long"), of(40 * large));
  EXPECT_EQ(digest("more"), of(large + 100));
}

TEST_F(TagsOfFiles, AFileThatChangesWhileItIsRead) {
  for (bool shrinks : {false, true}) {
    make("file", 4 * large);
    EXPECT_FALSE(digest("file"));
    test_tags.tags().turn();
    if (shrinks) {
      ASSERT_EQ(truncate(tree.path("file").c_str(), 5), 0);
    } else {
      make("file", 4 * large, 'y');
    }
    EXPECT_EQ(turns_until_done(), 1) << "another version is not read to its end";
    EXPECT_EQ(test_tags.tags().table().size(), shrinks ? 1U : 0U);
    EXPECT_EQ(digest("file").has_value(), shrinks);
    turns_until_done();
    EXPECT_EQ(digest("file"), shrinks ? of(5, 'x') : of(4 * large, 'y'));
  }
}

TEST_F(TagsOfFiles, AFileThatHasChangedSinceItWasFound) {
  use(&test_cache.cache());
  for (size_t size : {small + 1, small}) { // a shorter one, too
    make("file", small + 1);
    int64_t now = std::time(nullptr) + 10;
    cache->note_received();
    cache->begin(now_ms += limits::cache_quiet_ms, now);
    auto found = files.open({.base = "file"});
    make("file", size, 'y');
    EXPECT_FALSE(files.tag(found, now)) << "these are no longer its bytes";
    EXPECT_FALSE(found.validators.hashed);
    EXPECT_EQ(digest("file"), of(size, 'y')) << "and who looks again finds others";
  }
}

// It is not looked for again and again.
TEST_F(TagsOfFiles, AFileThatChangesAllTheTime) {
  make("file", small);
  auto found = files.open({.base = "file"});
  make("file", small - 1);
  EXPECT_TRUE(files.tag(found, std::time(nullptr)));
  EXPECT_FALSE(found.validators.hashed);
  EXPECT_EQ(found.kind, site::Found::Kind::file);
}

// Nor is one of which the system says more than there is.
TEST_F(TagsOfFiles, AFileOfSysfs) {
  ASSERT_TRUE(files.open_root("/sys/devices/system/cpu").ok());
  auto found = files.open({.base = "online"});
  ASSERT_EQ(found.kind, site::Found::Kind::file);
  EXPECT_TRUE(files.tag(found, std::time(nullptr) + 10));
  EXPECT_EQ(found.kind, site::Found::Kind::error);
  EXPECT_EQ(found.status, http::Status::internal_server_error);
}

TEST_F(TagsOfFiles, AFileThatCannotBeRead) {
  make("file", small);
  auto found = files.open({.base = "file"});
  found.body.source = site::Source(sys::Fd(sys::openat(AT_FDCWD, tree.path("file").c_str(), O_WRONLY).value()));
  EXPECT_TRUE(files.tag(found, std::time(nullptr) + 10));
  EXPECT_EQ(found.kind, site::Found::Kind::error);
  EXPECT_EQ(found.status, http::Status::internal_server_error);
}

TEST_F(TagsOfFiles, AFileThatIsGone) {
  make("file", large + 1);
  auto found = files.open({.base = "file"});
  std::filesystem::remove(tree.path("file"));
  EXPECT_TRUE(files.tag(found, std::time(nullptr) + 10));
  EXPECT_FALSE(found.validators.hashed || test_tags.tags().busy());
  std::filesystem::create_directory(tree.path("file"));
  EXPECT_TRUE(files.tag(found, std::time(nullptr) + 10));
  EXPECT_FALSE(test_tags.tags().busy()) << "what has its name now is never read";
}

// It would be read for hours, and take a place from others.
TEST_F(TagsOfFiles, AHugeFileHasNoTag) {
  make("file", 0);
  for (uint64_t size : {limits::tag_size_max, limits::tag_size_max + 1}) {
    ASSERT_EQ(truncate(tree.path("file").c_str(), static_cast<off_t>(size)), 0);
    EXPECT_FALSE(digest("file"));
    EXPECT_EQ(test_tags.tags().busy(), size == limits::tag_size_max);
    ASSERT_EQ(truncate(tree.path("file").c_str(), 1), 0);
    EXPECT_EQ(turns_until_done(), size == limits::tag_size_max ? 1 : 0) << "another version is not read to its end";
  }
}

} // namespace
} // namespace minhttp::test
