// SPDX-License-Identifier: MIT
// Real directories, read in order, in memory that does not grow with them.

#include "site/listing.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

namespace fs = std::filesystem;
using http::ListingOrder;
using http::ListingRow;
using site::Listing;
using Key = ListingOrder::Key;

struct Row {
  std::string name;
  bool directory = false;
  bool link = false;
  uint64_t size = 0;
  int64_t seconds = 0;
  bool operator==(const Row&) const = default;
};

struct Listed {
  std::vector<Row> rows;
  http::ListingCounts counts;
  int readings = 1;
  double longest_step_ms = 0; // of processor time
  bool failed = false;

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Row& row : rows) all.push_back(row.name);
    return all;
  }
};

double processor_ms() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Listings : testing::Test {
  Listings() {
    if (!files.open_root(tree.root().c_str()).ok()) throw std::runtime_error("no root");
  }

  // meanwhile: is called before each step, with the number of rows so far.
  Listed list(const std::string& directory, ListingOrder order = {},
              const std::function<void(size_t)>& meanwhile = {}) {
    http::Path path = {.directory = true, .name = directory};
    auto opened = files.open_directory(path);
    if (!opened.ok()) throw std::runtime_error("cannot open " + directory);
    sys::Fd fd(opened.value());
    Listed listed;
    listing->begin(directory, order);
    off_t place = 0;
    while (true) {
      if (meanwhile) meanwhile(listed.rows.size());
      double begin = processor_ms();
      Listing::Step step = listing->next(files, fd.number());
      listed.longest_step_ms = std::max(listed.longest_step_ms, processor_ms() - begin);
      if (step == Listing::Step::row) {
        EXPECT_EQ(listing->next(files, fd.number()), Listing::Step::row);
      }
      off_t now = lseek(fd.number(), 0, SEEK_CUR);
      if (now == 0 && place != 0) listed.readings++;
      place = now;
      if (step == Listing::Step::pause) continue;
      if (step != Listing::Step::row) {
        listed.failed = step == Listing::Step::failed;
        listed.counts = listing->counts();
        return listed;
      }
      const ListingRow& row = listing->row();
      listed.rows.push_back({std::string(row.name), row.directory, row.link, row.size, row.seconds});
      listing->take_row();
    }
  }

  Tree tree;
  site::Files files;
  std::unique_ptr<Listing> listing = std::make_unique<Listing>();
};

void expect_sorted(const Listed& listed, ListingOrder order) {
  auto row_of = [](const Row& row) {
    return ListingRow{.name = row.name, .directory = row.directory, .size = row.size, .seconds = row.seconds};
  };
  for (size_t i = 1; i < listed.rows.size(); i++) {
    EXPECT_TRUE(http::stands_before(row_of(listed.rows[i - 1]), row_of(listed.rows[i]), order)) << i;
  }
}

TEST_F(Listings, ListsFilesAndDirectoriesButNotHiddenNames) {
  tree.file("d/b.txt", "12345");
  tree.modified("d/b.txt", 1'704'164'645, 5);
  tree.file("d/A.txt", "1");
  tree.file("d/sub/x", "");
  tree.modified("d/sub", 1'000'000'000, 0);
  tree.file("d/.hidden", "");
  tree.directory("d/.well-known");
  tree.file("d/back\\slash", "");
  tree.file("d/new\nline", "");
  tree.file("d/\xff\xfe", "");
  tree.file("../secret", "SECRET");
  tree.link("d/in", "b.txt");
  tree.link("d/up", "../d/sub");
  tree.link("d/out", "../../secret");
  tree.link("d/absolute", "/etc/passwd");
  tree.link("d/dangling", "nowhere");
  tree.link("d/round", "round");
  tree.link("d/to-fifo", "fifo");
  ASSERT_EQ(mkfifo(tree.path("d/fifo").c_str(), 0644), 0);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  tree.path("d/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(fd);

  for (bool walks : {false, true}) {
    if (files.walks() && !walks) continue;
    files.set_walks(walks);
    for (Key key : {Key::name, Key::size, Key::time}) {
      ListingOrder order = {.key = key, .descending = false};
      Listed listed = list("d", order);
      EXPECT_FALSE(listed.failed);
      EXPECT_EQ(listed.counts.directories, 2U);
      EXPECT_EQ(listed.counts.files, 5U);
      expect_sorted(listed, order);
      auto names = listed.names();
      std::sort(names.begin(), names.end());
      EXPECT_EQ(names, (std::vector<std::string>{"A.txt", "b.txt", "in", "new\nline", "sub", "up", "\xff\xfe"}));
      for (Row& row : listed.rows) {
        if (row.name == "b.txt") {
          EXPECT_EQ(row, (Row{"b.txt", false, false, 5, 1'704'164'645}));
        }
        if (row.name == "in") {
          EXPECT_EQ(row, (Row{"in", false, true, 5, 1'704'164'645}));
        }
        if (row.name == "up") {
          EXPECT_TRUE(row.directory && row.link);
          EXPECT_EQ(row.seconds, 1'000'000'000);
        }
      }
    }
    EXPECT_EQ(list("d").names(),
              (std::vector<std::string>{"sub", "up", "A.txt", "b.txt", "in", "new\nline", "\xff\xfe"}));
    EXPECT_EQ(list("").names(), std::vector<std::string>{"d"});
    EXPECT_EQ(list("d/sub").names(), std::vector<std::string>{"x"});
  }
}

TEST_F(Listings, AnEmptyDirectoryAndNoDirectory) {
  tree.directory("empty");
  tree.file("file", "");
  tree.link("out", "../..");
  EXPECT_TRUE(list("empty").rows.empty());
  for (const char* name : {"file", "none", "out", "empty/none"}) {
    auto opened = files.open_directory({.directory = true, .name = name});
    ASSERT_FALSE(opened.ok()) << name;
    EXPECT_EQ(site::status_of(opened.error()), http::Status::not_found) << name;
  }
}

// Longer names fill the memory sooner: these directories are read several times.
TEST_F(Listings, LargeDirectoriesAreSorted) {
  std::mt19937 random(4);
  tree.directory("d");
  std::vector<Row> rows;
  std::set<std::string> names;
  while (rows.size() < 5'500) {
    std::string name(200 + random() % 56, 0);
    for (char& c : name) c = "abAB\xe9_-"[random() % 7];
    if (name[0] == '-' || !names.insert(name).second) continue;
    Row row = {.name = name,
               .directory = random() % 50 == 0,
               .size = random() % 5,
               .seconds = 1'000'000'000 + static_cast<int64_t>(random() % 50)};
    if (row.directory) {
      tree.directory("d/" + name);
      row.size = 0;
    } else {
      tree.file("d/" + name, std::string(row.size, 'x'));
    }
    tree.modified("d/" + name, row.seconds, 0);
    rows.push_back(row);
  }
  for (Key key : {Key::name, Key::size, Key::time}) {
    for (bool descending : {false, true}) {
      ListingOrder order = {.key = key, .descending = descending};
      auto view = [](const Row& row) {
        return ListingRow{.name = row.name, .directory = row.directory, .size = row.size, .seconds = row.seconds};
      };
      std::sort(rows.begin(), rows.end(),
                [&](const Row& a, const Row& b) { return http::stands_before(view(a), view(b), order); });
      Listed listed = list("d", order);
      for (Row& row : listed.rows) {
        if (row.directory) row.size = 0;
      }
      EXPECT_GT(listed.readings, 1);
      EXPECT_LT(listed.readings, 5);
      EXPECT_TRUE(listed.rows == rows);
    }
  }
}

TEST_F(Listings, AHundredThousandEntries) {
  constexpr size_t count = 100'000;
  tree.directory("d");
  std::vector<std::string> names;
  tree.file("first", "");
  for (size_t i = 0; i < count; i++) {
    // In an order that is neither that of the names nor its reverse; a link is made faster than a file.
    names.push_back("entry-" + std::to_string(i * 7919 % count));
    if (i % 10'000 == 0) tree.file("source" + std::to_string(i), "");
    std::string source = tree.path("source" + std::to_string(i / 10'000 * 10'000));
    ASSERT_EQ(link(source.c_str(), tree.path("d/" + names.back()).c_str()), 0);
  }
  Listed listed = list("d");
  EXPECT_EQ(listed.counts.files, count);
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b; // natural order: by their numbers
  });
  EXPECT_TRUE(listed.names() == names);
  EXPECT_LT(listed.readings, 12);
  std::printf("held in %zu bytes, read %d times, the longest step took %.1f ms\n", sizeof(Listing), listed.readings,
              listed.longest_step_ms);
}

TEST_F(Listings, ADirectoryThatChangesMeanwhile) {
  std::string tail(240, 'x');
  auto name = [&](size_t i) { return "d/" + std::to_string(10'000 + i) + tail; };
  constexpr size_t count = 4'500;
  for (size_t i = 0; i < count; i++) tree.file(name(i), "");
  std::mt19937 random(5);
  size_t steps = 0;
  size_t added = 0;
  for (Key key : {Key::name, Key::size, Key::time}) {
    ListingOrder order = {.key = key, .descending = false};
    Listed listed = list("d", order, [&](size_t rows) {
      if (++steps % 8 != 0) return;
      std::error_code ignored; // the victim may be gone, or be something else by now
      std::string victim = tree.path(name(random() % count));
      switch (random() % 4) {
        case 0: fs::remove(victim, ignored); break;
        case 1: fs::resize_file(victim, rows + 1, ignored); break; // goes to a place behind us
        case 2: fs::rename(victim, tree.path("d/8" + std::to_string(random() % 100) + tail), ignored); break;
        case 3: fs::create_directory(victim, ignored); break;
      }
      tree.file("d/9" + std::to_string(added++) + tail, ""); // as fast as we read
    });
    EXPECT_FALSE(listed.failed);
    EXPECT_LE(listed.rows.size(), listed.counts.directories + listed.counts.files);
    EXPECT_GT(listed.rows.size(), 2'000U);
    if (key == Key::name) {
      auto names = listed.names(); // a name does not change its place, so none comes twice
      std::sort(names.begin(), names.end());
      EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
    }
  }
}

TEST_F(Listings, ADirectoryThatIsRemovedMeanwhile) {
  std::string tail(240, 'x');
  for (size_t i = 0; i < 4'500; i++) tree.file("d/" + std::to_string(i) + tail, "");
  bool removed = false;
  Listed listed = list("d", {}, [&](size_t rows) {
    if (rows < 10 || removed) return;
    removed = true;
    fs::remove_all(tree.path("d"));
  });
  EXPECT_TRUE(removed);
  EXPECT_EQ(listed.rows.size(), 10U);
}

} // namespace
} // namespace minhttp::test
