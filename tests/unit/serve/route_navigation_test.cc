// SPDX-License-Identifier: MIT
// Tests of what depends on fields that describe the client: navigations of an application, preflights, the script of
// --env-js.

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/rules/ruled.h"
#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct RouteNavigation : RoutedSite {
  std::string fetch(const std::string& mode, const std::string& dest) {
    return "Sec-Fetch-Mode: " + mode + "\r\n" + (dest.empty() ? "" : "Sec-Fetch-Dest: " + dest + "\r\n");
  }
};

TEST_F(RouteNavigation, FetchMetadataSaysWhatANavigationIs) {
  options.spa = true;
  for (const char* dest : {"", "document", "iframe", "frame"}) {
    EXPECT_EQ(status("/deep/link", fetch("navigate", dest)), "200") << dest;
  }
  EXPECT_EQ(status("/deep/link", fetch("navigate", "image")), "404");
  EXPECT_EQ(status("/deep/link", fetch("cors", "empty")), "404");
  EXPECT_EQ(status("/deep/link", "Accept: image/*\r\n"), "404");
  EXPECT_EQ(status("/deep/link"), "200");
}

TEST_F(RouteNavigation, TheNearestErrorPage) {
  tree.file("dir/404.html", "not in this directory");
  for (const char* path : {"/dir/none", "/dir/deep/none", "/dir/deep/none/"}) {
    std::string answer = ask(path, "Accept: text/html\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ") && ends(answer, "not in this directory")) << path;
  }
  EXPECT_TRUE(ends(ask("/other/none"), "no"));
}

TEST_F(RouteNavigation, PreflightsGetOnlyFieldsAboutAccess) {
  std::string about =
      "Access-Control-Max-Age: 1\r\nCross-Origin-Opener-Policy: same-origin\r\nVary: X\r\n"
      "Content-Security-Policy: none\r\nPermissions-Policy: none\r\nReferrer-Policy: none\r\n"
      "Strict-Transport-Security: max-age=1\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n";
  std::string rules = "/*\n  X-Other: y\n  Access: y\n";
  for (size_t at = 0; at < about.size(); at = about.find("\r\n", at) + 2) {
    rules += "  " + about.substr(at, about.find("\r\n", at) - at) + "\n";
  }
  tree.file("_headers", rules);
  std::string answer = ask("/none", "", "OPTIONS");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 "));
  for (size_t at = 0; at < about.size(); at = about.find("\r\n", at) + 2) {
    std::string line = about.substr(at, about.find("\r\n", at) - at);
    EXPECT_TRUE(says(answer, line)) << line;
  }
  EXPECT_EQ(count(answer, "X-Other"), 0U);
  EXPECT_EQ(count(answer, "Access: y"), 0U);
  EXPECT_EQ(count(ask("*", "", "OPTIONS"), "Access-Control"), 0U);
  EXPECT_EQ(count(ask("/%2e%2e/x", "", "OPTIONS"), "Access-Control"), 0U);
  options.base_path = "app";
  EXPECT_EQ(count(ask("/elsewhere", "", "OPTIONS"), "Access-Control"), 0U);
}

TEST_F(RouteNavigation, OptionFieldsAreOnPreflights) {
  Ruled defaults("", "/*\n X-All: standing\n Content-Language: en\n");
  rules::Fields fields = defaults.match("/");
  options.default_headers = &fields;
  std::string answer = ask("/", "", "OPTIONS");
  EXPECT_TRUE(says(answer, "X-All: standing"));
  EXPECT_EQ(count(answer, "Content-Language"), 0U) << "of a file";
}

TEST_F(RouteNavigation, MoreFieldsThanAPreflightCanHave) {
  std::string rules = "/*\n";
  for (int i = 0; i < 8; i++) rules += "  Access-Control-X" + std::to_string(i) + ": :splat\n";
  tree.file("_headers", rules);
  EXPECT_EQ(count(ask("/a", "", "OPTIONS"), "Access-Control"), 8U);
  std::string answer = ask("/" + std::string(1000, 'a'), "", "OPTIONS");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 "));
  EXPECT_EQ(count(answer, "Access-Control"), 0U);
}

TEST_F(RouteNavigation, APreflightToAHostWithoutASite) {
  tree.file("_headers", "/*\n  Access-Control-Max-Age: 1\n");
  TestServer house(plan());
  house.server().context.sites.default_site = nullptr;
  Client client(house);
  client.send("OPTIONS / HTTP/1.1\r\nHost: other.example\r\n\r\n");
  EXPECT_TRUE(client.output().starts_with("HTTP/1.1 204 "));
  EXPECT_EQ(count(client.output(), "Access-Control"), 0U);
}

TEST_F(RouteNavigation, TheEnvironmentScript) {
  options.env_path = "env.js";
  options.env_script = "window.__ENV={};\n";
  for (bool with_rules : {false, true}) {
    if (with_rules) tree.file("_headers", "/*\n  X-Rule: 1\n");
    std::string answer = ask("/env.js");
    EXPECT_TRUE(ends(answer, "\r\n\r\nwindow.__ENV={};\n"));
    EXPECT_TRUE(says(answer, "Cache-Control: no-store"));
    EXPECT_EQ(says(answer, "X-Rule: 1"), with_rules);
    answer = ask("/env.js", "", "HEAD");
    EXPECT_TRUE(says(answer, "Content-Length: 17") && ends(answer, "\r\n\r\n"));
    EXPECT_EQ(status("/env.js/"), "404");
    EXPECT_EQ(status("/other.js"), "404");
  }
}

TEST_F(RouteNavigation, ARuleInADirectoryThatWasRemoved) {
  tree.file("_redirects", "/forced/* /dir/ 200!\n");
  TestServer house(plan());
  std::filesystem::remove_all(tree.root());
  Client client(house);
  client.send("GET /forced/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.output().starts_with("HTTP/1.1 503 "));
}

} // namespace
} // namespace minhttp::test
