// SPDX-License-Identifier: MIT
// Names that some file systems take for others. That of the tests folds nothing; entries under the names
// that are tried stand in for one that does.

#include "site/folding.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "site/files.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

using site::Folding;
using site::may_be_alias;
using site::same_segment;

TEST(Folding, SegmentsThatSomeFileSystemsTakeForTheSame) {
  for (const char* name : {"private", "PRIVATE", "Private.", "private ", "private. . .", "pRiVaTe  "}) {
    EXPECT_TRUE(same_segment(name, "private")) << name;
    EXPECT_TRUE(same_segment("private", name)) << name;
  }
  for (const char* name : {"privat", "privatee", " private", "private.x", "p.rivate", "", "."}) {
    EXPECT_FALSE(same_segment(name, "private")) << name;
  }
  EXPECT_TRUE(same_segment(". .", ""));
  EXPECT_FALSE(same_segment("\xc3\x89", "\xc3\xa9")) << "only ASCII is compared";
}

TEST(Folding, NamesThatMayBeAliases) {
  for (const char* name : {"PRIVAT~1", "privat~1/a", "a/GIT~1", "PRPUTZ~X.HTM", "A~1.TXT. ", "AB12~1", "a/ /b", " .",
                           "private::$INDEX_ALLOCATION", "a.txt::$DATA", "a:b", "\xe2\x80\x8b.git/config",
                           "a/\xef\xbb\xbf.env", "_redirect\xc5\xbf", "pri\xc2\xadvate", "\xf3\xa0\x80\x81.git"}) {
    EXPECT_TRUE(may_be_alias(name, false)) << name;
    EXPECT_TRUE(may_be_alias(name, true)) << name;
  }
  for (const char* name : {"", "index.html", "a/b.c", "vendors~main.js", "vendors~main.chunk.js", "a long name~1.txt",
                           "notes.txt~1", "a b", "a.b.", "~", "x~/y"}) {
    bool tilde = std::string(name) == "~" || std::string(name) == "x~/y";
    EXPECT_EQ(may_be_alias(name, false), tilde) << name;
  }
  for (const char* name : {"\xc3\xa9",
                           "a/stra\xc3\x9f"
                           "e.html",
                           "\xe6\x97\xa5\xe6\x9c\xac.html", "\xf0\x9f\x98\x80", "\xff\xfe", "\xe2", "\x80"}) {
    EXPECT_FALSE(may_be_alias(name, false)) << name;
  }
  EXPECT_TRUE(may_be_alias("\xc3\xa9", true));
  EXPECT_TRUE(may_be_alias("a/b\xe2\x84\xaa", true)) << "the Kelvin sign is a k";
}

struct FoldingProbe : testing::Test {
  Folding found(std::vector<std::string_view> parts = {}) {
    if (!files.open_root(tree.root().c_str()).ok()) throw std::runtime_error("no root");
    files.find_out_folding(parts);
    return files.folding();
  }
  int status(const std::string& name) { return static_cast<int>(files.open({.base = name}).status); }

  Tree tree;
  site::Files files;
};

TEST_F(FoldingProbe, WithoutANameToTryItIsUnknown) {
  tree.file("other", "");
  tree.file("a~1", "");
  EXPECT_EQ(found(), Folding::unknown);
  EXPECT_EQ(found({"missing", ""}), Folding::unknown);
  EXPECT_EQ(status("a~1"), 200) << "nearly no file system folds";
  EXPECT_EQ(status("\xc3\xa9"), 404);
  tree.file("\xc3\xa9", "");
  EXPECT_EQ(status("\xc3\xa9"), 200);
}

TEST_F(FoldingProbe, AnOrdinaryFileSystemDoesNotFold) {
  for (const char* name : {"index.html", "404.html", "_headers", "_redirects"}) {
    tree.file(name, "");
    EXPECT_EQ(found(), Folding::none) << name;
    std::filesystem::remove(tree.path(name));
  }
  tree.file("a~1", "");
  tree.directory("private/board");
  EXPECT_EQ(found({"private"}), Folding::none);
  EXPECT_EQ(found({"private/board"}), Folding::none);
  EXPECT_EQ(found({"", "private/missing"}), Folding::none);
  EXPECT_EQ(status("a~1"), 200);
  tree.file("123", "");
  EXPECT_EQ(found({"123"}), Folding::unknown) << "no letters";
  EXPECT_EQ(found({"123", "private"}), Folding::none);
}

TEST_F(FoldingProbe, AFileSystemThatFoldsIsRecognised) {
  tree.file("index.html", "");
  for (const char* other : {"index.html.", "index.html ", "InDeX.hTmL"}) {
    tree.file(other, "");
    EXPECT_EQ(found(), Folding::yes) << other;
    std::filesystem::remove(tree.path(other));
    EXPECT_EQ(found(), Folding::none);
  }
}

// Each directory on the way may be another file system.
TEST_F(FoldingProbe, OnlyTheProtectedPathFolds) {
  tree.file("index.html", "");
  tree.directory("media/private");
  tree.directory("media/PrIvAtE");
  tree.file("\xc3\xa9", "");
  EXPECT_EQ(found(), Folding::none);
  EXPECT_EQ(found({"media"}), Folding::none);
  EXPECT_EQ(status("\xc3\xa9"), 200);
  EXPECT_EQ(found({"media/private"}), Folding::yes);
  EXPECT_EQ(status("\xc3\xa9"), 404) << "it may be another name for what is protected";
  std::string out(16, 0);
  EXPECT_TRUE(files.open_directory(http::decode_path("/media/\xc3\xa9/", out)).is(Errno::ENOENT_));
  EXPECT_EQ(status("index.html"), 200);
  tree.directory("0");
  tree.directory("0.");
  EXPECT_EQ(found({"0/x"}), Folding::yes);
  EXPECT_EQ(found({std::string_view("media/private/").substr(0, 13), "0/x"}), Folding::yes);
}

TEST_F(FoldingProbe, AProtectedSiteAsAWholeNeedsNoAliasCheck) {
  tree.file("index.html", "");
  tree.file("index.html.", "");
  tree.file("\xc3\xa9", "");
  EXPECT_EQ(found({""}), Folding::yes);
  EXPECT_EQ(status("\xc3\xa9"), 200);
  EXPECT_EQ(found({std::string_view(std::string(limits::path_max, 'a'))}), Folding::yes) << "too long to be there";
}

TEST(RuleFiles, AreRecognisedUnderEveryAlias) {
  for (const char* name : {"_headers", "_redirects", "_redirects.gz", "_headers.br", "_REDIRECTS", "_Headers. ",
                           "_redirects.GZ", "_headers.zst ."}) {
    EXPECT_TRUE(site::is_rule_file(name)) << name;
  }
  for (const char* name :
       {"", "_", "_header", "_headersx", "_headers.html", "a_headers", "headers", "_redirects.gz.gz"}) {
    EXPECT_FALSE(site::is_rule_file(name)) << name;
  }
}

// Whoever changes a password file may put another one in its place.
TEST(Secrets, APasswordFileIsHiddenByItsName) {
  Tree tree;
  tree.file("users", "old");
  site::Files files;
  ASSERT_TRUE(files.open_root(tree.root().c_str()).ok());
  struct statx facts = {};
  ASSERT_TRUE(files.look("users", facts).ok());
  site::Secret secrets[] = {{.identity = site::file_id_of(facts), .name = "users"}, {.identity = {}, .name = {}}};
  auto status = [&](const char* name) { return static_cast<int>(files.open({.base = name}).status); };
  EXPECT_EQ(status("users"), 200);
  files.hide(secrets);
  EXPECT_EQ(status("users"), 404);
  std::filesystem::create_hard_link(tree.path("users"), tree.path("kept")); // so that no new file gets its inode
  tree.file("new", "new");
  std::filesystem::rename(tree.path("new"), tree.path("users"));
  tree.file("dir/Users.", "also");
  tree.file("users.txt", "page");
  EXPECT_EQ(status("users"), 404);
  EXPECT_EQ(status("dir/Users."), 404);
  EXPECT_EQ(status("users.txt"), 200);
}

} // namespace
} // namespace minhttp::test
