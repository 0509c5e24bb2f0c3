// SPDX-License-Identifier: MIT
// What `minhttp check` says of rules that are in force: those that never apply, and those that contradict each other.

#include <gtest/gtest.h>

#include <array>

#include "rules/review.h"
#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

std::string said(const rules::Diagnostics& mistakes) {
  std::string text;
  for (const rules::Diagnostic& mistake : mistakes.kept()) {
    char line[rules::mistake_line_max];
    Writer out(line);
    rules::write_diagnostic(out, mistake);
    text += out.view();
  }
  return text;
}

std::string review(const Ruled& ruled) {
  EXPECT_TRUE(ruled.ok()) << ruled.mistakes();
  std::array<rules::Diagnostic, 16> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  rules::review_rules(ruled.rules(), mistakes);
  EXPECT_EQ(mistakes.errors(), 0U);
  return said(mistakes);
}

// The lines that are never used, with those that catch them: "2<1 3<1".
std::string caught(const std::string& redirects) {
  std::string text = review(Ruled(redirects));
  std::string result;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    constexpr std::string_view words = ": warning: never used: a rule above catches every request for it (line ";
    std::string line = text.substr(at, text.find('\n', at) - at);
    size_t colon = line.find(':') + 1;
    size_t second = line.find(words);
    EXPECT_NE(second, std::string::npos) << line;
    if (second == std::string::npos) break;
    result += (result.empty() ? "" : " ") + line.substr(colon, second - colon) + "<" +
              line.substr(second + words.size(), line.size() - second - words.size() - 1);
  }
  return result;
}

TEST(RulesReview, ARuleBelowAWildcardIsNeverUsed) {
  EXPECT_EQ(caught("/* /index.html 200\n/old /new"), "2<1");
  EXPECT_EQ(caught("/a/* /b/:splat\n/a/x /y\n/a/:z/w /y\n/a/*.html /y\n/a /y\n/b /y"), "2<1 3<1 4<1 5<1");
  EXPECT_EQ(caught("/:x /y\n/a /b\n/a/b /c"), "2<1");
  EXPECT_EQ(caught("/:x.html /y\n/a.html /b\n/:z /b"), "2<1");
  EXPECT_EQ(caught("/* /index.html 200\n/a x=1 /b\n/b /c 301!"), "2<1 3<1");
  EXPECT_EQ(caught("/api/* 200\n/api/x /y"), "2<1");
  EXPECT_EQ(caught("/a/:x/* /y\n/a/b/* /z\n/a/:p/:q /z"), "2<1 3<1");
  EXPECT_EQ(caught("/* https://example.org/\n/a /b"), "2<1");
  EXPECT_EQ(caught("https://h/* https://i/:splat\nhttps://h/a https://i/b\n/a /b"), "2<1");
  EXPECT_EQ(caught("/* /x 404\nhttps://h/a /b\nhttps://:x.i/a /b"), "2<1 3<1");
  EXPECT_EQ(caught("https://:x.h/* /y\nhttps://a.h/a /b\nhttps://a.b.h/a /c"), "2<1");
  // Where the first leads back, another one above does not, or the rule does not match.
  EXPECT_EQ(caught("/* /in 302\n/in /x 200\n/:a /y"), "3<1");
  EXPECT_EQ(caught("/* /in 302\n/:a/x /y\n/b q=1 /y"), "2<1 3<1");
  EXPECT_EQ(caught("/* /in 302\n/:a/x /y\n/in /z"), "2<1");
  EXPECT_EQ(caught("/* /.git/x 302\n/:a /y"), "2<1");
  // By several rules together: empty, one part, and more.
  EXPECT_EQ(caught("/a /x\n/a/:p /x\n/a/:p/:q/* /x\n/a/* /y"), "4<3");
}

TEST(RulesReview, ARuleWithATooLongTargetStillMatches) {
  std::string target = "https://example.org/";
  for (int i = 0; i < 234; i++) target += ":splat";
  EXPECT_EQ(caught("/a/* " + target + "\n/a/b/* /c"), "2<1");
}

TEST(RulesReview, RulesThatAreUsedAreNotReported) {
  for (const char* rules : {
           "/old /new\n/* /index.html 200",                 // the usual order
           "/a x=1 /b\n/a/* y=2 /c\n/a/d /e",               // only with a query
           "/a/:x/* /y\n/a/* /z",                           // not /a
           "/a/:x /y\n/a/* /z",                             // not /a/b/c
           "/a /x\n/a/:p/:q/* /x\n/a/* /y",                 // not /a/b
           "/*.html /y\n/* /z",                             //
           "/a/* /a/:splat\n/a/x /y",                       // leads back, and is passed over
           "/* https://example.com/:splat 301!\n/old /new", // does so on one host
           "/:x /:x/\n/a /b",                               // with a slash at the end
           "/* /login 302\n/:page /index.html 200",         // not at /login itself
           "/* /login#now 302\n/* x=1 /b",                  //
           "/:a/* /login/:splat 302\n/:a/x /b",             // nor at /login/x
           "/* https://example.org/in\n/:x /b",             //
           "https://h/* https://h/in\nhttps://h/:x /b",     //
           "/* /?x=1\n/a x=1 /b",                           // with its own query
           "https://h/* /y\n/a /b",                         // on other hosts
           "https://:x.h/* /y\nhttps://h/a /b",             //
           "/.well-known/* /y\n/a /b",                      //
           "/a /b\n/c /d\nhttps://h/e /f",                  //
       }) {
    EXPECT_EQ(caught(rules), "") << rules;
  }
}

TEST(RulesReview, StopsAtItsBoundAndSaysSo) {
  Ruled ruled("/* /x 302\n/a /b\n/c /d\n/e /f", "/*\n Cache-Control: no-store\n/a\n Cache-Control: max-age=9");
  std::array<rules::Diagnostic, 8> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  rules::review_rules(ruled.rules(), mistakes, 5);
  std::string text = said(mistakes);
  EXPECT_NE(text.find("from here on no rule was compared"), std::string::npos) << text;
  EXPECT_EQ(text.find("_headers"), std::string::npos) << text;
}

TEST(RulesReview, ManyRules) {
  std::string rules = "/:a/* /x 302\n";
  for (int i = 0; i < 6000; i++) rules += "/a" + std::to_string(i) + "/:b/*.html /y\n";
  Ruled ruled(rules);
  ASSERT_TRUE(ruled.ok()) << ruled.mistakes();
  std::array<rules::Diagnostic, 2> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  rules::review_rules(ruled.rules(), mistakes);
  EXPECT_EQ(mistakes.warnings(), 6000U);
}

TEST(RulesReview, CacheControlThatContradictsItself) {
  auto joined = [](const std::string& first, const std::string& second) {
    Ruled ruled("", "/*\n Cache-Control: " + first + "\n/assets/*\n cache-control: " + second);
    return review(ruled);
  };
  EXPECT_EQ(joined("no-store", "max-age=31536000"),
            "_headers:3: warning: with the Cache-Control of another path that matches too, this one contradicts "
            "itself; remove that first, with `! Cache-Control` above it (line 1): 'max-age=31536000'\n");
  for (auto [first, second] : std::initializer_list<std::pair<const char*, const char*>>{
           {"no-cache", "public, max-age=31536000, immutable"},
           {"public, max-age=0, must-revalidate", "public, max-age=31536000, immutable"},
           {"public", "Private"},
           {"no-store", "immutable"},
           {"MAX-AGE=1", "max-age=2"},
           {"max-age=0", "immutable"}}) {
    EXPECT_NE(joined(first, second), "") << first << second;
    EXPECT_NE(joined(second, first), "") << first << second;
  }
  for (auto [first, second] :
       std::initializer_list<std::pair<const char*, const char*>>{{"public", "max-age=60"},
                                                                  {"max-age=60", "max-age=60, immutable"},
                                                                  {"no-cache", "max-age=0"},
                                                                  {"no-store", "no-cache, must-revalidate"},
                                                                  {"max-age=60", "s-maxage=90"},
                                                                  {"public, max-age=60", "stale-while-revalidate=5"}}) {
    EXPECT_EQ(joined(first, second), "") << first << second;
  }
}

TEST(RulesReview, CacheControlOfOneBlock) {
  for (const char* headers : {"/*\n Cache-Control: no-cache, no-store, max-age=1\n/a\n X-A: b",
                              "/*\n Cache-Control: no-store\n/a\n ! Cache-Control\n/a\n Cache-Control: max-age=9",
                              "/*\n Cache-Control: no-store\n/a\n ! Cache-Control\n Cache-Control: max-age=9",
                              "/*\n Cache-Control: no-store\n Cache-Control: max-age=9",
                              "/a\n Cache-Control: no-store\n/b\n Cache-Control: max-age=9",
                              "/a/*\n Cache-Control: no-store\n/*.js\n Cache-Control: max-age=9", // only for some files
                              "https://h/*\n Cache-Control: no-store\n/b\n Cache-Control: max-age=9", "/*\n X-A: b"}) {
    EXPECT_EQ(review(Ruled("", headers)), "") << headers;
  }
  EXPECT_NE(review(Ruled("",
                         "/b\n Cache-Control: no-store\nhttps://h/*\n Cache-Control: max-age=9\n"
                         "https://h/b\n X-A: b")),
            "");
}

TEST(RulesReview, CacheControlOfAFile) {
  Ruled ruled("", "/a/*\n Cache-Control: no-store\n/*.js\n Cache-Control: max-age=9");
  std::array<rules::Diagnostic, 4> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  for (const char* path : {"/a/x.js", "/b/x.js", "/a/x.css", "/a/y.js"}) {
    rules::review_cache_control(ruled.rules(), Asked(path).question, mistakes);
  }
  EXPECT_TRUE(said(mistakes).starts_with("_headers:3: warning: ")) << said(mistakes);
  EXPECT_EQ(mistakes.warnings(), 1U);
  std::string large = "/*\n";
  for (int i = 0; i < 10; i++) large += " X" + std::to_string(i) + ": " + std::string(4000, 'a') + "\n";
  Ruled too_large("", large);
  rules::review_cache_control(too_large.rules(), Asked("/a").question, mistakes); // an answer would be 500
  EXPECT_EQ(mistakes.warnings(), 1U);
}

} // namespace
} // namespace minhttp::test
