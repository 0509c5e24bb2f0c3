// SPDX-License-Identifier: MIT
// Requests for files that are missing: an earlier release has them, or the whole directory is missing for a moment.

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct RoutePrevious : RoutedSite {
  RoutePrevious() {
    tree.file("../old/assets/app-0a1b2c3d.js", "old");
    tree.file("../old/assets/app-0a1b2c3d.js.gz", "gz");
    tree.file("../old/notes.txt", "old");
    std::filesystem::create_directory(tree.path("../old/dir-0a1b2c3d.js"));
    tree.file("../oldest/dir-0a1b2c3d.js", "a file once");
    previous = {tree.path("../missing"), tree.path("../old"), tree.path("../oldest")};
  }
};

TEST_F(RoutePrevious, ServesHashedNamesOnly) {
  std::string answer = ask("/assets/app-0a1b2c3d.js");
  EXPECT_TRUE(ends(answer, "\r\n\r\nold")) << answer;
  EXPECT_TRUE(says(answer, "Cache-Control: public, max-age=31536000, immutable"));
  EXPECT_TRUE(ends(ask("/assets/app-0a1b2c3d.js", "Accept-Encoding: gzip\r\n"), "\r\n\r\ngz"));
  EXPECT_TRUE(ends(ask("/dir-0a1b2c3d.js"), "\r\n\r\na file once")) << "in another one it is no file";
  EXPECT_EQ(status("/notes.txt"), "404");
  EXPECT_EQ(status("/app-0a1b2c3d.js/"), "404");
  EXPECT_EQ(status("/assets/app-0a1b2c3e.js"), "404");
  EXPECT_TRUE(ends(ask("/main.3f2a9c1b.js"), "\r\n\r\njs")) << "of the current release";
}

TEST_F(RoutePrevious, ComesBeforeRules) {
  tree.file("_redirects", "/assets/* /index.html 200\n/old /assets/app-0a1b2c3d.js 200\n");
  EXPECT_TRUE(ends(ask("/assets/app-0a1b2c3d.js"), "\r\n\r\nold"));
  EXPECT_TRUE(ends(ask("/assets/other.js"), "\r\n\r\nOK"));
  std::string answer = ask("/old");
  EXPECT_TRUE(ends(answer, "\r\n\r\nold"));
  EXPECT_TRUE(says(answer, "Cache-Control: max-age=0, must-revalidate")) << "the next release has another one there";
}

TEST_F(RoutePrevious, ARuleToAFileWithoutAnAcceptableCodingIs406) {
  tree.file("_redirects", "/app.js /assets/app-0b1b2c3d.js 200\n");
  tree.file("../old/assets/app-0b1b2c3d.js.gz", "gz");
  EXPECT_EQ(status("/assets/app-0b1b2c3d.js", "Accept-Encoding: br\r\n"), "406");
  EXPECT_EQ(status("/app.js", "Accept-Encoding: br\r\n"), "406");
  EXPECT_TRUE(ends(ask("/app.js", "Accept-Encoding: gzip\r\n"), "\r\n\r\ngz"));
}

// The directory that the server has open was removed.
TEST_F(RoutePrevious, ARemovedDirectoryIs503) {
  tree.file("_redirects", "/a /b 301\n/file/* /dir/ 200\n");
  tree.file("_headers", "/*\n  X-Ours: yes\n");
  options.spa = true;
  TestServer house([&] {
    Plan with = plan();
    with.options = options;
    with.previous = {tree.path("../old")};
    with.listings = 1;
    return with;
  }());
  std::filesystem::remove_all(tree.root());
  for (std::string path : {"/", "/a", "/file/x", "/dir/", "/assets/app-0a1b2c3d.js", "/deep"}) {
    Client client(house);
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n");
    EXPECT_TRUE(begins(client.output(), "HTTP/1.1 503 ")) << path << client.output();
    EXPECT_TRUE(says(client.output(), "Retry-After: 1"));
    EXPECT_TRUE(says(client.output(), "Cache-Control: no-store"));
  }
}

TEST_F(RoutePrevious, IsExplained) {
  char notes[1024];
  serve::Trace explained(notes);
  trace = &explained;
  ask("/assets/app-0a1b2c3d.js");
  EXPECT_NE(explained.text().find("--previous " + tree.path("../old") + "\n"), std::string_view::npos);
}

} // namespace
} // namespace minhttp::test
