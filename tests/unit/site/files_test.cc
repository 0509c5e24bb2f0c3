// SPDX-License-Identifier: MIT
// A real directory, opened in both ways: with openat2, and component by component.

#include "site/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "unit/site/nobody.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

namespace fs = std::filesystem;
using http::Status;
using site::Found;

// Where the kernel lacks openat2 (qemu-user does), only the other way is there to be tested.
std::vector<bool> ways() {
  site::Files files;
  if (!files.open_root("/").ok()) throw std::runtime_error("no root");
  return files.walks() ? std::vector<bool>{true} : std::vector<bool>{false, true};
}

struct Answer {
  int status = 0;
  std::string contents = {};
  std::string type = {};
  http::Validators validators = {};
};

struct Files : testing::TestWithParam<bool> {
  Files() { tree.file("index.html", "home"); }

  // What is at a path as a request has it.
  Answer ask(const std::string& raw) {
    site::Files files;
    if (!files.open_root(tree.root().c_str()).ok()) throw std::runtime_error("no root");
    files.set_walks(GetParam());
    return ask(files, raw);
  }
  static Answer ask(const site::Files& files, const std::string& raw) {
    std::string out(raw.size(), 0);
    http::Path path = http::decode_path(raw, out);
    if (path.status != Status::ok) throw std::runtime_error("not a path for files: " + raw);
    Found found = files.find(path);
    Answer answer = {.status = static_cast<int>(found.status)};
    EXPECT_EQ(found.kind == Found::Kind::redirect, answer.status == 301);
    EXPECT_EQ(found.kind == Found::Kind::file, answer.status == 200);
    EXPECT_EQ(found.body.source.open(), answer.status == 200);
    if (answer.status != 200) return answer;
    answer.contents.resize(found.body.length + 1);
    auto size = pread(found.body.source.file(), answer.contents.data(), answer.contents.size(), 0);
    answer.contents.resize(size < 0 ? 0 : static_cast<size_t>(size));
    EXPECT_EQ(answer.contents.size(), found.body.length);
    answer.type = found.type;
    answer.validators = found.validators;
    return answer;
  }
  int status(const std::string& raw) { return ask(raw).status; }
  std::string contents(const std::string& raw) { return ask(raw).contents; }

  Tree tree;
};

INSTANTIATE_TEST_SUITE_P(Both, Files, testing::ValuesIn(ways()),
                         [](const auto& way) { return way.param ? "walk" : "openat2"; });

TEST_P(Files, FileHasItsTypeSizeAndTime) {
  tree.file("a.css", "body{}");
  tree.modified("a.css", 1'234'567'890, 123'456'789);
  Answer answer = ask("/a.css");
  EXPECT_EQ(answer.contents, "body{}");
  EXPECT_EQ(answer.type, "text/css; charset=utf-8");
  EXPECT_EQ(answer.validators.size, 6U);
  EXPECT_EQ(answer.validators.seconds, 1'234'567'890);
  EXPECT_EQ(answer.validators.nanoseconds, 123'456'789U);
  tree.file("empty", "");
  EXPECT_EQ(status("/empty"), 200);
}

TEST_P(Files, Directories) {
  tree.file("dir/index.html", "in dir");
  tree.file("dir/a.txt", "a");
  tree.directory("bare/deep");
  EXPECT_EQ(contents("/"), "home");
  EXPECT_EQ(ask("/").type, "text/html; charset=utf-8");
  EXPECT_EQ(contents("/dir/"), "in dir");
  EXPECT_EQ(contents("/dir/index.html"), "in dir");
  EXPECT_EQ(contents("/dir/a.txt"), "a");
  EXPECT_EQ(status("/dir"), 301);
  EXPECT_EQ(status("/bare/deep"), 301);
  EXPECT_EQ(status("/bare/"), 404);
  EXPECT_EQ(status("/nothing/"), 404);
  EXPECT_EQ(status("/nothing"), 404);
  EXPECT_EQ(status("/dir/a.txt/"), 404) << "a file is no directory";
  EXPECT_EQ(status("/dir/a.txt/b"), 404);
  tree.directory("odd/index.html");
  EXPECT_EQ(status("/odd/"), 404) << "an index that is a directory";
}

TEST_P(Files, LinksThatStayInsideAreFollowed) {
  tree.file("a.txt", "a");
  tree.file("dir/b.txt", "b");
  tree.file("dir/index.html", "in dir");
  tree.link("to-a", "a.txt");
  tree.link("to-dir", "dir");
  tree.link("to-dir-slash", "dir/");
  tree.link("dir/up", "../a.txt");
  tree.link("dir/self", ".");
  tree.link("dir/root", "..");
  tree.link("dots", "./dir/./../dir//b.txt");
  tree.link("through", "to-dir/b.txt");
  EXPECT_EQ(contents("/to-a"), "a");
  EXPECT_EQ(status("/to-dir"), 301);
  EXPECT_EQ(contents("/to-dir/"), "in dir");
  EXPECT_EQ(contents("/to-dir/b.txt"), "b");
  EXPECT_EQ(contents("/to-dir-slash/b.txt"), "b");
  EXPECT_EQ(contents("/dir/up"), "a");
  EXPECT_EQ(contents("/to-dir/up"), "a");
  EXPECT_EQ(contents("/dir/self/self/b.txt"), "b");
  EXPECT_EQ(contents("/dir/root/a.txt"), "a");
  EXPECT_EQ(contents("/dir/root/"), "home");
  EXPECT_EQ(status("/dir/root"), 301);
  EXPECT_EQ(contents("/dots"), "b");
  EXPECT_EQ(contents("/through"), "b");
  EXPECT_EQ(ask("/to-a").type, "application/octet-stream") << "by the name that was asked for";
}

// `..` leaves the directory that a link led to, not the one that the link stands in.
TEST_P(Files, DotsBehindALink) {
  tree.file("far/away/x.txt", "x");
  tree.file("far/y.txt", "right");
  tree.file("y.txt", "wrong");
  tree.link("away", "far/away");
  tree.link("over", "away/../y.txt");
  EXPECT_EQ(contents("/over"), "right");
  tree.link("missing", "nothing/../y.txt");
  EXPECT_EQ(status("/missing"), 404);
  tree.link("not-a-directory", "y.txt/../y.txt");
  EXPECT_EQ(status("/not-a-directory"), 404);
  tree.link("file-with-slash", "y.txt/");
  EXPECT_EQ(status("/file-with-slash"), 404);
  tree.link("file-with-dot", "y.txt/.");
  EXPECT_EQ(status("/file-with-dot"), 404);
}

TEST_P(Files, LinksThatLeadOutAreNotFollowed) {
  tree.file("../outside/secret.txt", "SECRET");
  tree.file("a.txt", "a");
  tree.file("dir/b.txt", "b");
  tree.link("out", "../outside/secret.txt");
  tree.link("out-dir", "../outside");
  tree.link("dir/out", "../../outside/secret.txt");
  tree.link("dir/hop", "../out");
  tree.link("top", "..");
  tree.link("out-and-in", "../site/a.txt");
  tree.link("absolute", tree.path("a.txt"));
  tree.link("passwd", "/etc/passwd");
  tree.link("slash", "/");
  tree.link("many", "../../../../../../../../../../../../etc/passwd");
  tree.link("dir/in-and-out", "../dir/../../outside/secret.txt");
  for (const char* raw : {"/out", "/out-dir/secret.txt", "/out-dir", "/out-dir/", "/dir/out", "/dir/hop", "/top",
                          "/top/", "/top/outside/secret.txt", "/out-and-in", "/absolute", "/passwd", "/slash",
                          "/slash/etc/passwd", "/many", "/dir/in-and-out"}) {
    EXPECT_EQ(status(raw), 404) << raw;
  }
}

TEST_P(Files, LinkLoopsAndLongChains) {
  tree.file("end.txt", "end");
  tree.link("loop", "loop");
  tree.link("ping", "pong");
  tree.link("pong", "ping");
  tree.link("grow", "grow/x");
  tree.link("dangling", "nowhere");
  tree.link("dangling-deep", "nowhere/at/all");
  for (const char* raw :
       {"/loop", "/loop/x", "/loop/", "/ping", "/grow", "/dangling", "/dangling/", "/dangling-deep"}) {
    EXPECT_EQ(status(raw), 404) << raw;
  }
  tree.link("chain1", "end.txt");
  for (int i = 2; i <= 41; i++) tree.link("chain" + std::to_string(i), "chain" + std::to_string(i - 1));
  EXPECT_EQ(contents("/chain40"), "end") << "as many as the kernel follows";
  EXPECT_EQ(status("/chain41"), 404);
}

TEST_P(Files, OnlyFilesAreServed) {
  ASSERT_EQ(mkfifo(tree.path("fifo").c_str(), 0644), 0);
  ASSERT_EQ(mknod(tree.path("socket").c_str(), S_IFSOCK | 0644, 0), 0);
  tree.link("to-fifo", "fifo");
  for (const char* raw : {"/fifo", "/socket", "/to-fifo", "/fifo/", "/socket/x"}) {
    EXPECT_EQ(status(raw), 404) << raw << ", and at once";
  }
}

TEST_P(Files, FilesThatMayNotBeRead) {
  tree.file("secret.txt", "s");
  tree.file("locked/a.txt", "a");
  tree.file("dark/a.txt", "a");
  fs::permissions(tree.path("secret.txt"), fs::perms::none);
  fs::permissions(tree.path("locked"), fs::perms::none);
  fs::permissions(tree.path("dark"),
                  fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec); // may be entered, not listed
  {
    Nobody nobody;
    EXPECT_EQ(status("/secret.txt"), 403);
    EXPECT_EQ(status("/locked/a.txt"), 403);
    EXPECT_EQ(status("/locked/nothing"), 403);
    EXPECT_EQ(contents("/dark/a.txt"), "a");
    EXPECT_EQ(status("/dark/nothing"), 404);
  }
  fs::permissions(tree.path("locked"), fs::perms::owner_all);
}

TEST_P(Files, NamesOfAnyBytes) {
  for (int byte = 1; byte < 256; byte++) {
    if (byte == '/' || byte == '\\') continue; // never leave decode_path
    std::string name = std::string("x") + static_cast<char>(byte) + "y";
    tree.file(name, name);
    char raw[16];
    std::snprintf(raw, sizeof raw, "/x%%%02Xy", byte);
    EXPECT_EQ(contents(raw), name) << raw;
  }
  tree.file("%41.txt", "percent");
  EXPECT_EQ(contents("/%2541.txt"), "percent");
  EXPECT_EQ(status("/%41.txt"), 404) << "decoded once";
}

TEST_P(Files, HiddenNamesBehindLinks) {
  tree.file(".git/config", "hidden");
  tree.file(".well-known/security.txt", "Contact");
  EXPECT_EQ(contents("/.well-known/security.txt"), "Contact");
  tree.link("shown", ".git/config");
  EXPECT_EQ(contents("/shown"), "hidden") << "who lays such a link wants it";
}

TEST_P(Files, LongNames) {
  std::string longest(255, 'n');
  tree.file(longest, "long");
  EXPECT_EQ(contents("/" + longest), "long");
  EXPECT_EQ(status("/" + longest + "n"), 404);
  EXPECT_EQ(status("/" + longest + "n/x"), 404);
  EXPECT_EQ(status("/" + std::string(8000, 'n')), 404);
}

TEST_P(Files, DeepNames) {
  // Made from inside: with the root's own name in front it is longer than the kernel takes.
  fs::path was = fs::current_path();
  fs::current_path(tree.root());
  std::string name;
  while (name.size() + 101 + 12 <= 4096) name += std::string(99, 'd') + "/";
  fs::create_directories(name);
  std::FILE* file = std::fopen((name + "index.html").c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("deep", file);
  std::fclose(file);
  fs::current_path(was);
  EXPECT_EQ(contents("/" + name), "deep");
  EXPECT_EQ(contents("/" + name + "index.html"), "deep");
  std::string long_path = "/";
  while (long_path.size() < 8000) long_path += "d/";
  EXPECT_EQ(status(long_path), 404);
}

TEST_P(Files, ALinkWithATooLongTarget) {
  tree.directory("d");
  std::string around;
  while (around.size() < 3900) around += "d/../";
  tree.file("a.txt", "a");
  tree.link("long", around + "a.txt");
  EXPECT_EQ(contents("/long"), "a");
  tree.link("longer", around + "long");
  EXPECT_EQ(contents("/longer"), "a") << "each target by itself is short enough";
}

TEST_P(Files, TheRootMayBeRenamed) {
  tree.file("a.txt", "a");
  site::Files files;
  ASSERT_TRUE(files.open_root(tree.root().c_str()).ok());
  files.set_walks(GetParam());
  fs::rename(tree.root(), tree.root() + "-moved");
  EXPECT_EQ(ask(files, "/a.txt").contents, "a");
}

TEST_P(Files, NoDescriptorIsLost) {
  tree.file("dir/sub/a.txt", "a");
  tree.link("dir/loop", "loop");
  tree.link("dir/link", "sub/../sub");
  int before = dup(0);
  close(before);
  for (const char* raw :
       {"/dir/sub/a.txt", "/dir/sub", "/dir/loop/x", "/dir/link/a.txt", "/dir/sub/a.txt/x", "/dir/nothing"}) {
    (void)ask(raw);
  }
  int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

// Trees of random links: the walk finds what the kernel finds, to the byte.
TEST(FilesBothWays, OpeningWithAndWithoutOpenat2Agree) {
  std::mt19937 random(4);
  auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  const std::vector<std::string> parts = {"a", "b", "c", "d", ".", "..", "..", "", "e"};
  for (int round = 0; round < 60; round++) {
    Tree tree;
    for (const char* directory : {"", "a/", "a/b/", "c/"}) {
      tree.directory(directory);
      for (const std::string& name : names) {
        std::string path = directory + name;
        if (fs::exists(fs::symlink_status(tree.path(path)))) continue;
        if (path == "a" || path == "a/b" || path == "c") continue; // directories
        std::string target = pick(parts);
        for (auto more = random() % 4; more > 0; more--) target += "/" + pick(parts);
        if (random() % 4 == 0 || target.empty()) {
          tree.file(path, path);
        } else {
          tree.link(path, target);
        }
      }
    }
    for (int question = 0; question < 150; question++) {
      std::string raw;
      for (auto more = 1 + random() % 5; more > 0; more--) raw += "/" + pick(names);
      if (random() % 4 == 0) raw += "/";
      std::vector<std::string> answers;
      for (bool walks : ways()) {
        site::Files files;
        ASSERT_TRUE(files.open_root(tree.root().c_str()).ok());
        files.set_walks(walks);
        Answer answer = Files::ask(files, raw);
        answers.push_back(std::to_string(answer.status) + " " + answer.contents);
      }
      ASSERT_EQ(answers.front(), answers.back()) << raw << " in round " << round;
    }
  }
}

TEST(FilesRoot, AMissingRootOrAFileIsAnError) {
  Tree tree;
  tree.file("a.txt", "a");
  site::Files files;
  EXPECT_TRUE(files.open_root(tree.path("nothing").c_str()).is(Errno::ENOENT_));
  EXPECT_TRUE(files.open_root(tree.path("a.txt").c_str()).is(Errno::ENOTDIR_));
}

TEST(FilesStatus, EveryErrorHasAStatus) {
  auto status = [](Errno error) { return static_cast<int>(site::status_of(error)); };
  EXPECT_EQ(status(Errno::ENOENT_), 404);
  EXPECT_EQ(status(Errno::ENOTDIR_), 404);
  EXPECT_EQ(status(Errno::ELOOP_), 404);
  EXPECT_EQ(status(Errno::ENAMETOOLONG_), 404);
  EXPECT_EQ(status(Errno::EXDEV_), 404);
  EXPECT_EQ(status(Errno::ENXIO_), 404);
  EXPECT_EQ(status(Errno::EACCES_), 403);
  EXPECT_EQ(status(Errno::EPERM_), 403);
  EXPECT_EQ(status(Errno::EMFILE_), 503);
  EXPECT_EQ(status(Errno::ENFILE_), 503);
  EXPECT_EQ(status(Errno::ENOMEM_), 503);
  EXPECT_EQ(status(Errno::EAGAIN_), 503) << "something was renamed all the time";
  EXPECT_EQ(status(Errno::EIO_), 500);
  EXPECT_EQ(status(static_cast<Errno>(116)), 500) << "ESTALE, which has no name here";
}

TEST(FilesRoot, ARemovedRootIsNoticed) {
  Tree tree;
  tree.file("a.txt", "a");
  site::Files files;
  EXPECT_TRUE(files.is_removed()) << "there is none";
  ASSERT_TRUE(files.open_root(tree.root().c_str()).ok());
  EXPECT_FALSE(files.is_removed());
  std::filesystem::rename(tree.root(), tree.root() + "-moved");
  EXPECT_FALSE(files.is_removed()) << "it only has another name";
  std::filesystem::remove_all(tree.root() + "-moved");
  EXPECT_TRUE(files.is_removed());
  site::Files late; // could not find out how its file system says that a name is too long
  ASSERT_TRUE(late.open_root(".", files.root()).ok());
  EXPECT_TRUE(late.is_removed());
  struct statx unknown = {};
  EXPECT_FALSE(site::is_removed(unknown)) << "a file system that does not count names";
}

} // namespace
} // namespace minhttp::test
