// SPDX-License-Identifier: MIT
// The fields that _headers and the options --header and --cors add to responses, and where they do not apply.

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/rules/ruled.h"
#include "unit/serve/lock.h"
#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct RouteFields : RoutedSite {
  static std::string head(const std::string& answer) { return answer.substr(0, answer.find("\r\n\r\n") + 2); }
};

constexpr std::string_view about_a_file =
    "/*\n X-All: 1\n Expires: Thu, 01 Jan 1970 00:00:00 GMT\n Content-Disposition: attachment\n"
    " Content-Language: en\n Content-Location: /x\n Content-Type: text/x-other\n Cache-Control: max-age=7\n";

TEST_F(RouteFields, FieldsAboutAFileAreNotOnErrors) {
  tree.file("_headers", about_a_file);
  tree.file("_redirects", "/old /new\n");
  for (const char* target : {"/nothing", "/dir", "/old", "/.git"}) {
    std::string answer = head(ask(target));
    for (const char* name :
         {"Expires", "Content-Disposition", "Content-Language", "Content-Location", "text/x-other", "max-age=7"}) {
      EXPECT_EQ(count(answer, name), 0U) << target << answer;
    }
    // The site's fields are not added to the response for a hidden name.
    EXPECT_EQ(count(answer, "\r\nX-All: 1\r\n"), std::string_view(target) == "/.git" ? 0U : 1U) << target;
  }
  std::string answer = head(ask("/file.txt"));
  for (const char* line : {"Expires: Thu, 01 Jan 1970 00:00:00 GMT", "Content-Disposition: attachment",
                           "Content-Language: en", "Content-Location: /x", "Content-Type: text/x-other"}) {
    EXPECT_TRUE(says(answer, line)) << answer;
  }
}

TEST_F(RouteFields, ARewriteDoesNotGetTheExpiryOfItsPath) {
  tree.file("_headers", about_a_file);
  tree.file("_redirects", "/user/* /file.txt 200\n");
  std::string answer = head(ask("/user/jane"));
  EXPECT_EQ(count(answer, "Expires") + count(answer, "max-age=7"), 0U) << answer;
  EXPECT_TRUE(says(answer, "Content-Language: en"));
}

// The options' fields are on every response, and the site's own override them.
TEST_F(RouteFields, OptionFieldsAreOnEveryResponse) {
  Ruled defaults("", "/*\n X-All: standing\n X-More: standing\n Referrer-Policy: no-referrer\n");
  rules::Fields fields = defaults.match("/");
  options.default_headers = &fields;
  EXPECT_TRUE(says(ask("/file.txt"), "X-More: standing")) << "without any rules";
  tree.file("_headers", "/*\n X-All: site\n ! Referrer-Policy\n");
  std::string answer = ask("/file.txt");
  EXPECT_TRUE(says(answer, "X-All: site") && says(answer, "X-More: standing")) << answer;
  EXPECT_EQ(count(answer, "X-All"), 1U);
  EXPECT_EQ(count(answer, "Referrer-Policy"), 0U) << "the site can take one away";
  EXPECT_TRUE(says(ask("/.git"), "X-All: standing")) << "where no site is asked, the options have their say";
}

TEST_F(RouteFields, OptionFieldsReplaceTheServersOwn) {
  Ruled defaults("", "/*\n Cache-Control: max-age=7\n ! ETag\n");
  rules::Fields fields = defaults.match("/");
  options.default_headers = &fields;
  std::string answer = ask("/file.txt");
  EXPECT_TRUE(says(answer, "Cache-Control: max-age=7"));
  EXPECT_EQ(count(answer, "Cache-Control") + count(answer, "ETag"), 1U);
  EXPECT_TRUE(says(ask("/nothing"), "Cache-Control: no-store"));
}

TEST_F(RouteFields, APolicyOfTheSiteReplacesThatOfListings) {
  listings = 1;
  tree.directory("list");
  EXPECT_EQ(count(ask("/list/"), "Content-Security-Policy: default-src 'none'; style-src"), 1U);
  tree.file("_headers", "/list/\n Content-Security-Policy: default-src 'self'\n");
  std::string answer = head(ask("/list/"));
  EXPECT_TRUE(says(answer, "Content-Security-Policy: default-src 'self'"));
  EXPECT_EQ(count(answer, "Content-Security-Policy"), 1U);
}

TEST_F(RouteFields, TooManyFieldsAre500) {
  std::string block = "/*\n";
  for (int i = 0; i < 5; i++) block += " X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\n";
  tree.file("_headers", block);
  std::string answer = ask("/file.txt");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 500 ")) << answer;
  EXPECT_EQ(count(answer, "X-0"), 0U);
}

// If the client's path makes the fields too long, it is the client's error.
TEST_F(RouteFields, ATooLongCaptureIs414) {
  tree.file("_headers", "/*\n X-Path: :splat\n Link: a\n Link: b\n");
  EXPECT_EQ(status("/" + std::string(3000, 'x')), "404");
  EXPECT_EQ(status("/" + std::string(5000, 'x')), "414");
  tree.file("_headers", "/*\n X-Path: :splat\n X-Long: " + std::string(4080, 'x') + "\n");
  EXPECT_EQ(status("/" + std::string(100, 'x')), "500") << "too long for any path";
}

// Responses other than files are not cached at all; protected files only by browsers.
TEST_F(RouteFields, ProtectedFilesArePrivateForCaches) {
  tree.file("private/main.3f2a9c1b.js", "js");
  tree.file("private/a.txt", "a");
  tree.directory("private/list");
  listings = 1;
  Lock lock("private");
  access = lock.access();
  EXPECT_TRUE(says(ask("/private/main.3f2a9c1b.js", joe_may), "Cache-Control: private, max-age=31536000, immutable"));
  EXPECT_TRUE(says(ask("/private/a.txt", joe_may), "Cache-Control: private, max-age=0, must-revalidate"));
  EXPECT_TRUE(says(ask("/private/list/", joe_may), "Cache-Control: private, no-cache"));
}

TEST_F(RouteFields, CachingDependsOnTheFileThatIsServed) {
  tree.file("page.xhtml", "<html/>");
  EXPECT_TRUE(says(ask("/page.xhtml"), "Cache-Control: no-cache")) << "a page, too";
  tree.file("_redirects", "/latest.js /main.3f2a9c1b.js 200\n");
  EXPECT_TRUE(says(ask("/latest.js"), "Cache-Control: max-age=0, must-revalidate")) << "the next release has another";
}

TEST_F(RouteFields, PreflightRequests) {
  options.cors = true;
  std::string preflight = ask("/file.txt", "", "OPTIONS");
  EXPECT_TRUE(begins(preflight, "HTTP/1.1 204 ")) << preflight;
  EXPECT_EQ(count(preflight, "Access-Control-Allow-Methods: "), 1U) << preflight;
  EXPECT_EQ(count(ask("/nothing"), "Access-Control-Allow-Methods: "), 0U);
  std::string asked = "Access-Control-Request-Private-Network: true\r\n";
  EXPECT_TRUE(says(ask("/file.txt", asked, "OPTIONS"), "Access-Control-Allow-Private-Network: true"));
  EXPECT_EQ(count(preflight, "Private-Network"), 0U);
  options.cors = false;
  EXPECT_EQ(count(ask("/file.txt", asked, "OPTIONS"), "Access-Control-"), 0U);
}

TEST_F(RouteFields, RulesApplyToPreflightRequests) {
  options.cors = true;
  tree.file("_headers",
            "/data/*\n Access-Control-Allow-Methods: GET\n Cross-Origin-Resource-Policy: cross-origin\n"
            " Vary: Origin\n X-Own: 1\n Cache-Control: max-age=60\n");
  for (const char* path : {"/data/there.json", "/data/%66ile"}) {
    std::string preflight = ask(path, "", "OPTIONS");
    EXPECT_TRUE(says(preflight, "Access-Control-Allow-Methods: GET")) << preflight;
    EXPECT_EQ(count(preflight, "Access-Control-Allow-Methods: "), 1U) << "the rule's takes the place of ours";
    EXPECT_TRUE(says(preflight, "Access-Control-Max-Age: 86400")) << preflight;
    EXPECT_TRUE(says(preflight, "Cross-Origin-Resource-Policy: cross-origin")) << preflight;
    EXPECT_TRUE(says(preflight, "Vary: Origin")) << preflight;
    EXPECT_EQ(count(preflight, "X-Own"), 0U) << preflight;
    EXPECT_EQ(count(preflight, "Cache-Control"), 0U) << preflight;
  }
  EXPECT_EQ(count(ask("/other", "", "OPTIONS"), "Vary"), 0U);
  EXPECT_EQ(count(ask("/.hidden", "", "OPTIONS"), "Vary"), 0U) << "no path, no rules";
  EXPECT_EQ(count(ask("*", "", "OPTIONS"), "Vary"), 0U);
}

} // namespace
} // namespace minhttp::test
