// SPDX-License-Identifier: MIT
// What Netlify and Cloudflare Pages take, or skip without any harm: understood, or a warning and no more.

#include <gtest/gtest.h>

#include <array>

#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

struct Case {
  const char* text;
  const char* warning; // "line: part of what is said"; empty: nothing is said
};

// The rule that is warned of is left out, and the last line, of another path, is in force.
void expect_warnings(std::initializer_list<Case> cases, bool redirects, const std::string& own_host = "") {
  for (const Case& c : cases) {
    std::string text = std::string(c.text) + (redirects ? "\n/fine /x" : "\n/fine\n X-Fine: 1");
    Ruled ruled(redirects ? text : "", redirects ? "" : text, own_host);
    EXPECT_TRUE(ruled.ok()) << text << ruled.mistakes();
    std::string said = ruled.mistakes();
    std::string wanted = c.warning;
    if (wanted.empty()) {
      EXPECT_EQ(said, "") << text;
    } else {
      size_t colon = wanted.find(": ");
      std::string file = redirects ? "_redirects:" : "_headers:";
      EXPECT_TRUE(said.starts_with(file + wanted.substr(0, colon) + ": warning: ")) << text << '\n' << said;
      EXPECT_NE(said.find(wanted.substr(colon + 2)), std::string::npos) << text << '\n' << said;
      EXPECT_EQ(said.find('\n'), said.size() - 1) << said; // one, and only one
    }
    EXPECT_EQ(redirects ? ruled.redirect("/fine") : ruled.fields("/fine"), redirects ? "301 /x" : "X-Fine: 1\n");
  }
}

TEST(RulesForgiving, RedirectsThatCannotMatch) {
  expect_warnings(
      {
          {"/a#b /b", "1: keeps what is behind a # to itself: left out"},
          {"# c\n/a#b x=1 https://h/ 301 # d", "2: to itself"},
          {"a /b", "1: a rule begins with a path, as in /old: left out"},
          {"example.com/* https://example.org/:splat", "1: a rule begins with a path"},
          {"* /index.html 200", "1: a rule begins with a path"},
          {"/a/../b /b", "1: never come"},
          {"/%2e%2e/b /b", "1: never come"},
          {"/.git/* /404.html 404", "1: names that begin with a dot are hidden"},
          {"/.env /x.html 404!", "1: hidden"},
          {"/a /a", "1: redirects to itself: left out"},
          {"/a /a 302!", "1: redirects to itself"},
          {"https://h/a https://h/a", "1: redirects to itself"},
          {"http://h/* https://h/:splat 301!", "1: redirects to itself"},
          {"http://h/a https://h/a", "1: redirects to itself"},
          {"http://h/ https://h/", "1: redirects to itself"},
          {"http://h https://h", "1: redirects to itself"},
          {"http://h https://h/", "1: redirects to itself"},
          {"http://h/a/* https://h/b/:splat", ""},
          {"http://h/* https://h/:splat/", ""},
          {"http://h/a* https://h/a", ""},
          {"http://h/a https://i/a", ""},
          {"https://h/a http://h/b", ""},
      },
      true);
  // What is left out is out of the way of what comes later.
  EXPECT_EQ(Ruled("/a /a\n/a /b").redirect("/a"), "301 /b");
  EXPECT_EQ(Ruled("http://h/* https://h/:splat 301!\nhttps://h/* /b/:splat").redirect("//h/x"), "301 /b/x");
  EXPECT_EQ(Ruled("/a#b /c").redirect("/a"), "-");
  // Nor is the rest of the line read: it changes no answer.
  EXPECT_TRUE(Ruled("https://x.netlify.app/* https://api.example/:splat 200 Country=de").ok());
}

TEST(RulesForgiving, BlocksThatCannotMatch) {
  expect_warnings(
      {
          {"/a", "1: no fields below"},
          {"/a\n/b\n A: b", "1: no fields below"},
          {"/b\n A: b\n\n/a\n# c\n", "4: no fields below"},
          {"/a\n A:\n B: c", "2: the value is missing; to remove a field write `! Name`: 'A'"},
          {"/a#b\n A: b\n Date: c", "1: to itself"},
          {"/a/../b\n A: b", "1: never come"},
          {"/.git/*\n A: b", "1: hidden"},
          {"*.js\n A: b", "1: a path begins with a slash: left out: '*.js'"},
          {"assets/*\n A: b\n ! B/C", "1: a path begins with a slash"},
          {"https://:project.pages.dev/*\n X-Robots-Tag: noindex\n Basic-Auth: a:b",
           "1: no request here is for this host"},
      },
      false);
  EXPECT_EQ(Ruled("", "*.js\n A: b\n*.css\n A: b").mistakes(),
            "_headers:1: warning: a path begins with a slash: left out: '*.js'\n"
            "_headers:3: warning: a path begins with a slash: left out: '*.css'\n");
  EXPECT_EQ(Ruled("", "/a\n A: b\n/c#d\n A: e").fields("/a"), "A: b\n");
}

TEST(RulesForgiving, RulesForOtherHostsAreWarnings) {
  const char* never = "1: no request here is for this host";
  for (const char* host : {"x.pages.dev", ":project.pages.dev", ":version.:project.pages.dev", "X.Netlify.App",
                           "a.b.workers.dev", "x.netlify.com", "*.pages.dev"}) {
    std::string redirect = "https://" + std::string(host) + "/* https://example.com/:splat 301!";
    std::string block = "https://" + std::string(host) + "/*\n A: b";
    expect_warnings({{redirect.c_str(), never}}, true);
    expect_warnings({{block.c_str(), never}}, false);
  }
  for (const char* host : {"pages.dev", "pages.dev.example", "mypages.dev", ":a.:b.:c", "example.com"}) {
    std::string block = "https://" + std::string(host) + "/*\n A: b";
    expect_warnings({{block.c_str(), ""}}, false);
  }
}

TEST(RulesForgiving, RulesOfASiteForOneHost) {
  const char* never = "1: no request here is for this host";
  for (const char* host : {"example.org", "a.example.com", ":a.example.com", "example", ":a", ":a.:b.:c",
                           "*.example.org", "www.example.com", ":a-x.com", ":a.comm", "example.com:x"}) {
    std::string rule = "https://" + std::string(host) + "/* /new/:splat";
    expect_warnings({{rule.c_str(), never}}, true, "example.com");
  }
  for (const char* host : {"example.com", "Example.COM", ":a.com", ":a.:b", "example.:b", ":a.:bm"}) {
    std::string rule = "https://" + std::string(host) + "/* /new/:splat";
    expect_warnings({{rule.c_str(), ""}}, true, "example.com");
  }
  expect_warnings({{"https://x.pages.dev/* /new/:splat", ""}}, true, "x.pages.dev");
  EXPECT_FALSE(Ruled("https://*.com/* /new/:splat", "", "example.com").ok());
}

TEST(RulesForgiving, PlaceholdersInHosts) {
  Ruled ruled(
      "https://:sub.example.com/old/* https://example.com/:sub/:splat\n"
      "https://:a.:b.example.net/:page /:a/:b/:page\n"
      "https://www.:domain/* /www/:domain/:splat 302\n"
      "https://:stage-app.example.com/x /:stage\n"
      "/:any /any/:any 302",
      "https://:sub.example.com/*\n  X-Sub: :sub\nhttps://:Project.:sub.example.com/*\n  X-Project: :Project\n");
  ASSERT_EQ(ruled.mistakes(), "");
  EXPECT_EQ(ruled.redirect("//blog.example.com/old/a/b"), "301 https://example.com/blog/a/b");
  EXPECT_EQ(ruled.redirect("//BLOG.example.com:80/old/"), "301 https://example.com/blog/");
  EXPECT_EQ(ruled.redirect("//example.com/old/a"), "-");
  EXPECT_EQ(ruled.redirect("//a.blog.example.com/old/a"), "-");
  EXPECT_EQ(ruled.redirect("/old/a"), "-");
  EXPECT_EQ(ruled.redirect("//x.y.example.net/p"), "301 /x/y/p");
  EXPECT_EQ(ruled.redirect("//y.example.net/p"), "302 /any/p");
  EXPECT_EQ(ruled.redirect("//.y.example.net/p"), "302 /any/p");
  EXPECT_EQ(ruled.redirect("//www.localhost/a/b"), "302 /www/localhost/a/b");
  EXPECT_EQ(ruled.redirect("//www.example.org/a/b"), "-");
  EXPECT_EQ(ruled.redirect("//test-app.example.com/x"), "301 /test");
  EXPECT_EQ(ruled.redirect("//-app.example.com/x"), "302 /any/x");
  EXPECT_EQ(ruled.redirect("//:sub/p"), "302 /any/p");
  EXPECT_EQ(ruled.fields("//blog.example.com/p"), "X-Sub: blog\n");
  EXPECT_EQ(ruled.fields("//a.blog.example.com/p"), "X-Project: a\n");
  EXPECT_EQ(ruled.fields("//example.com/p"), "");
  EXPECT_EQ(ruled.fields("/p"), "");
}

TEST(RulesForgiving, HttpAndHttpsAreTheSameRule) {
  Ruled ruled(
      "http://example.com/* https://www.example.com/:splat 301!\n"
      "https://example.com/* https://www.example.com/:splat 301!\n"
      "http://www.example.com/* https://www.example.com/:splat 301!\n"
      "/a /b\n");
  EXPECT_EQ(ruled.mistakes(),
            "_redirects:3: warning: a rule that redirects to itself: left out: 'https://www.example.com/:splat'\n");
  EXPECT_EQ(ruled.redirect("//example.com/a"), "301! https://www.example.com/a");
  EXPECT_EQ(ruled.redirect("//www.example.com/a"), "301 /b");
  EXPECT_EQ(Ruled("", "http://example.com/*\n  A: b").fields("//example.com/"), "A: b\n");
  expect_warnings({{"http://h/a /b\nhttps://h/a /b", ""},
                   {"https://h/a /b\nhttp://h/a /b", ""},
                   {"http://h/a /b\nhttp://h/a /b", "2: never used: an earlier rule has the same path (line 1)"}},
                  true);
}

TEST(RulesForgiving, ADuplicateWithASlashIsNoWarning) {
  expect_warnings({{"/x /y\n/x/ /y", ""},
                   {"/x/ /y 302!\n/x /y 302!", ""},
                   {"/x /y\n/x /y", "2: never used"},
                   {"/x /y\n/x/ /y 302", "2: never used"},
                   {"/x /y\n/x/ /y/", "2: never used"},
                   {"/x /y 301\n/x/ /y 301!", "2: never used"},
                   {"/x /y\n/x/ a=1 /y", "2: never used"}},
                  true);
}

} // namespace
} // namespace minhttp::test
