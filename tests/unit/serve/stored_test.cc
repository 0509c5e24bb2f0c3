// SPDX-License-Identifier: MIT
// Files that are stored compressed under their own name, and siblings that cannot be used.

#include <filesystem>

#include "unit/serve/lock.h"
#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct Stored : RoutedSite {
  Stored() {
    tree.file("game.data.gz", "data, compressed");
    tree.file("game.wasm.br", "wasm, compressed");
    tree.file("app.js.gz", "app, compressed");
    tree.file("both.js.gz", "as gzip");
    tree.file("both.js.br", "as brotli");
    tree.file("logo.svgz", "logo, compressed");
    tree.file("site.tar.gz", "archive");
    tree.file("table.csv.gz", "table");
    tree.file(".js.gz", "hidden");
    tree.file("js.gz", "no name");
    tree.file("loader.unityweb", "loader, compressed");
  }
  static constexpr const char* takes = "Accept-Encoding: gzip, br\r\n";
};

TEST_F(Stored, ByTheirOwnNameTheyAreSentWithContentEncoding) {
  std::string answer = ask("/game.data.gz", takes);
  EXPECT_TRUE(ends(answer, "\r\n\r\ndata, compressed"));
  EXPECT_TRUE(says(answer, "Content-Encoding: gzip") && says(answer, "Vary: Accept-Encoding")) << answer;
  EXPECT_TRUE(says(answer, "Content-Type: application/octet-stream")) << answer;
  EXPECT_EQ(count(answer, "-gzip\"\r\n"), 1U) << "another representation has another tag";
  answer = ask("/game.wasm.br", takes);
  EXPECT_TRUE(says(answer, "Content-Encoding: br") && says(answer, "Content-Type: application/wasm")) << answer;
  answer = ask("/app.js.gz", takes);
  EXPECT_TRUE(says(answer, "Content-Type: text/javascript; charset=utf-8")) << answer;
  answer = ask("/logo.svgz", takes);
  EXPECT_TRUE(says(answer, "Content-Encoding: gzip")) << answer;
  EXPECT_TRUE(says(answer, "Content-Type: image/svg+xml; charset=utf-8")) << answer;
}

TEST_F(Stored, AClientWithoutTheCodingGetsTheFileAsItIs) {
  for (const char* target : {"/game.data.gz", "/logo.svgz"}) {
    std::string answer = ask(target, "Accept-Encoding: br\r\n");
    EXPECT_EQ(count(answer, "Content-Encoding"), 0U);
    EXPECT_TRUE(says(answer, "Content-Type: application/gzip") && says(answer, "Vary: Accept-Encoding")) << answer;
  }
  EXPECT_TRUE(says(ask("/game.wasm.br", "Accept-Encoding: gzip\r\n"), "Content-Type: application/x-brotli"));
}

TEST_F(Stored, ArchivesAndSiblingsAreSentAsTheyAre) {
  for (const char* target : {"/site.tar.gz", "/table.csv.gz", "/js.gz"}) {
    std::string answer = ask(target, takes);
    EXPECT_TRUE(begins(answer, "HTTP/1.1 200 ") && says(answer, "Content-Type: application/gzip")) << answer;
    EXPECT_EQ(count(answer, "Content-Encoding") + count(answer, "Vary"), 0U);
  }
  // A sibling that is requested by its own name.
  EXPECT_TRUE(says(ask("/style.css.gz", takes), "Content-Type: application/gzip"));
  EXPECT_EQ(status("/.js.gz", takes), "404");
}

TEST_F(Stored, AreFoundWithoutTheirSuffix) {
  std::string answer = ask("/app.js", takes);
  EXPECT_TRUE(ends(answer, "\r\n\r\napp, compressed")) << answer;
  EXPECT_TRUE(says(answer, "Content-Encoding: gzip") && says(answer, "Vary: Accept-Encoding")) << answer;
  EXPECT_TRUE(says(answer, "Content-Type: text/javascript; charset=utf-8")) << answer;
  EXPECT_TRUE(ends(ask("/both.js", takes), "as brotli"));
  EXPECT_TRUE(ends(ask("/both.js", "Accept-Encoding: gzip, br;q=0.5\r\n"), "as gzip"));
  EXPECT_TRUE(ends(ask("/both.js", "Accept-Encoding: gzip\r\n"), "as gzip"));
  EXPECT_TRUE(ends(ask("/app.js", std::string(takes) + "Range: bytes=0-2\r\n"), "\r\n\r\napp"));
  EXPECT_EQ(status("/app.js"), "406") << "it is there, and the client takes no coding of it";
  EXPECT_EQ(status("/app.js", "Accept-Encoding: br\r\n"), "406");
  EXPECT_TRUE(ends(ask("/app.js", "Accept-Encoding: identity, gzip;q=0.5\r\n"), "app, compressed"))
      << "there is no other";
  EXPECT_TRUE(ends(ask("/both.js", "Accept-Encoding: identity, gzip;q=0.5\r\n"), "as gzip")) << "though br is there";
  EXPECT_EQ(status("/other.js", takes), "404");
  EXPECT_EQ(status("/site.tar", takes), "404") << "not for programs in a browser";
  EXPECT_EQ(status("/app.js/", takes), "404");
}

TEST_F(Stored, ComeBeforeRulesAndCanBeTheirTargets) {
  tree.file("_redirects", "/app.js /main.3f2a9c1b.js 200\n/a /app.js 200\n");
  EXPECT_TRUE(ends(ask("/app.js", takes), "app, compressed")) << "a file goes before a rule";
  EXPECT_TRUE(ends(ask("/a", takes), "app, compressed"));
}

TEST_F(Stored, InAnEarlierRelease) {
  tree.file("../old/part-0a1b2c3d.js.gz", "part, compressed");
  tree.file("../old/data-0a1b2c3d.data.gz", "data of then, compressed");
  tree.file("../old/sure-0a1b2c3d.js", "the original");
  tree.file("../old/sure-0a1b2c3d.js.gz", "as it is");
  tree.file("../old/plain.js.gz", "no hash");
  std::filesystem::create_directory(tree.path("../old/dir-0a1b2c3d.js"));
  previous = {tree.path("../old")};
  std::string answer = ask("/part-0a1b2c3d.js", takes);
  EXPECT_TRUE(says(answer, "Content-Encoding: gzip") && ends(answer, "part, compressed")) << answer;
  EXPECT_EQ(status("/part-0a1b2c3d.js"), "406");
  EXPECT_TRUE(says(ask("/data-0a1b2c3d.data.gz", takes), "Content-Encoding: gzip"));
  EXPECT_TRUE(ends(ask("/sure-0a1b2c3d.js", takes), "as it is")) << "a sibling";
  EXPECT_TRUE(says(ask("/sure-0a1b2c3d.js.gz", takes), "Content-Type: application/gzip"));
  EXPECT_EQ(status("/plain.js", takes), "404");
  EXPECT_EQ(status("/dir-0a1b2c3d.js", takes), "404");
}

// A password for the compressed file only.
TEST_F(Stored, ACompressedFileCanBeProtectedAlone) {
  Lock lock("app.js.gz");
  access = lock.access();
  EXPECT_EQ(status("/app.js.gz", takes), "401");
  EXPECT_EQ(status("/app.js", takes), "404");
  EXPECT_EQ(status("/both.js", takes), "200");
}

TEST_F(Stored, HeadersMaySetTheCoding) {
  tree.file("_headers",
            "/*.unityweb\n  Content-Encoding: br\n  Content-Type: application/octet-stream\n"
            "/table.csv.gz\n  Content-Encoding: gzip\n/game.data.gz\n  ! Content-Encoding\n"
            "/style.css\n  Content-Encoding: gzip\n");
  std::string answer = ask("/loader.unityweb");
  EXPECT_TRUE(says(answer, "Content-Encoding: br") && ends(answer, "loader, compressed")) << answer;
  EXPECT_EQ(count(ask("/none.unityweb"), "Content-Encoding"), 0U) << "an error is none of these files";
  answer = ask("/table.csv.gz");
  EXPECT_TRUE(says(answer, "Content-Encoding: gzip") && says(answer, "Content-Type: text/csv; charset=utf-8"))
      << answer;
  answer = ask("/table.csv.gz", "If-None-Match: *\r\n");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 304 "));
  EXPECT_EQ(count(answer, "Content-Encoding"), 0U);
  answer = ask("/game.data.gz", takes);
  EXPECT_EQ(count(answer, "Content-Encoding"), 0U);
  EXPECT_TRUE(says(answer, "Content-Type: application/gzip")) << answer;
  answer = ask("/style.css", takes);
  EXPECT_TRUE(ends(answer, "in plain text")) << "not its sibling, which has a coding of its own";
  EXPECT_EQ(count(answer, "Content-Encoding: gzip"), 1U);
  tree.file("_headers", "/app.js\n  ! Content-Encoding\n");
  EXPECT_EQ(status("/app.js", takes), "404");
}

TEST_F(Stored, ASiblingThatIsLargerIsNotSent) {
  tree.file("a.css", "0123456789");
  tree.file("a.css.br", "0123456789a");
  tree.file("a.css.gz", "compressed");
  EXPECT_TRUE(ends(ask("/a.css", takes), "compressed"));
  EXPECT_TRUE(ends(ask("/a.css", "Accept-Encoding: br\r\n"), "0123456789"));
  EXPECT_TRUE(ends(ask("/a.css", "Accept-Encoding: br, identity;q=0\r\n"), "0123456789a")) << "better than nothing";
}

} // namespace
} // namespace minhttp::test
