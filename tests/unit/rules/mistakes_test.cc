// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>

#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

struct Case {
  const char* text;
  const char* mistake; // "line: part of what is said"
};

void expect_mistakes(std::initializer_list<Case> cases, bool redirects) {
  for (const Case& c : cases) {
    Ruled ruled(redirects ? c.text : "", redirects ? "" : c.text);
    EXPECT_FALSE(ruled.ok()) << c.text;
    std::string file = redirects ? "_redirects:" : "_headers:";
    std::string wanted = c.mistake;
    size_t colon = wanted.find(": ");
    std::string said = ruled.mistakes();
    EXPECT_TRUE(said.starts_with(file + wanted.substr(0, colon + 2))) << c.text << '\n' << said;
    EXPECT_NE(said.find(wanted.substr(colon + 2)), std::string::npos) << c.text << '\n' << said;
    EXPECT_EQ(said.find('\n'), said.size() - 1) << said; // one, and only one
    EXPECT_TRUE(ruled.rules().empty());
    EXPECT_EQ(ruled.redirect("/fine"), "-"); // nothing half applied
  }
}

TEST(RuleMistakes, Redirects) {
  expect_mistakes(
      {
          {"/fine /x\n/a", "2: target is missing"},
          {"/fine /x\n\n# c\n/a # /b", "4: target is missing"},
          {"/a 301", "1: target is missing"},
          {"/a /b%g1", "1: a % needs two hexadecimal digits"},
          {"/a /b%1g", "1: a % needs two hexadecimal digits"},
          {"/a /b%1", "1: a % needs two hexadecimal digits"},
          {"/%g1 /b", "1: no file name holds this"},
          {"/%1g /b", "1: no file name holds this"},
          {"/a 200", "1: target is missing"},
          {"/a/* 301", "1: target is missing"},
          {"/a /b 410", "1: the status can be"},
          {"/a /b 2000", "1: the status can be"},
          {"/a /b !", "1: the status can be"},
          {"/a /b 301!!", "1: the status can be"},
          {"/a /b +301", "1: the status can be"},
          {"/a /b 301 302", "1: nothing can stand behind"},
          {"/a /b 302 Country=au,nz", "1: country are not supported: 'Country=au,nz'"},
          {"/a /b 302 Language=de", "1: language are not supported"},
          {"/a /b Language=de", "1: language are not supported"},
          {"/admin/* 200! Role=admin", "1: role are not supported"},
          {"/* /p/:splat 302 Cookie=preview", "1: cookie are not supported"},
          {"/a/* /b/:splat 301! Sign=SECRET", "1: signed proxy"},
          {"/a/* https://example.org/:splat 200", "1: another host (a proxy) is not supported"},
          {"/a https://example.org/ 404", "1: another host (a proxy) is not supported"},
          {"/a /.netlify/functions/x 200", "1: do not exist here"},
          {"/.netlify/x /a", "1: do not exist here"},
          {"a b", "1: a rule begins with a path"},
          {"a", "1: a rule begins with a path"},
          {"/a#b", "1: to itself"},
          {"http:///a /b", "1: a host is missing"},
          {"http://h/a /b\nhttps://h/a x=1 /b", "2: need the same target (line 1)"},
          {"http://example.com/a /b\nhttps://example.com/a /c", "2: need the same target (line 1)"},
          {"https://example.com/a /b\nhttp://example.com/a /b 302", "2: need the same target (line 1)"},
          {"http://example.com/a /b\nhttps://example.com/a /b 301!", "2: need the same target (line 1)"},
          {"http://example.com/a/* 200\nhttps://example.com/a/* / 200", "2: need the same target (line 1)"},
          {"https:///a /b", "1: a host is missing"},
          {"https://example.com:80/ /b", "1: a port cannot"},
          {"https://*.example.com/ /b", "1: a * in the host"},
          {"https://:x:8080/ /b", "1: a port cannot"},
          {"https://a:x.example.com/ /b", "1: a placeholder must begin its label"},
          {"https://:x:y.example.com/ /b", "1: a placeholder must begin its label"},
          {"https://:x.:x.example.com/ /b", "1: two placeholders of one name"},
          {"https://:x.example.com/:x /b", "1: two placeholders of one name"},
          {"https://a<b/ /b", "1: this is no host name"},
          {"/a?id=1 /b", "1: stand behind the path"},
          {"/a//b /b", "1: write one slash"},
          {"/.git/* /b", "1: hidden"},
          {"/a%2fb /b", "1: no file name holds this"},
          {"/a%00 /b", "1: no file name holds this"},
          {"/a\\b /b", "1: no file name holds this"},
          {"/john%smith /b", "1: no file name holds this"},
          {"/a%4 /b", "1: no file name holds this"},
          {"/*/* /b", "1: only one *"},
          {"/*/:x /b", "1: cannot stand behind"},
          {"/:x:y /b", "1: only one placeholder"},
          {"/:x-:y /b", "1: must begin"},
          {"/Special:Search /b", "1: must begin"},
          {"/:x* /b", "1: only one placeholder"},
          {"/:x/:x /b", "1: two placeholders of one name"},
          {"/:splat/* /b", "1: two placeholders of one name"},
          {"/:x x=:x /b", "1: two placeholders of one name"},
          {"/:a/:b/:c/:d/:e/:f/:g/:h/:i /b", "1: too many placeholders"},
          {"/a a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 /b", "1: too many conditions"},
          {"/a a=1 a=2 /b", "1: two conditions on one parameter"},
          {"/a id /b", "1: conditions on the query"},
          {"/a =id /b", "1: conditions on the query"},
          {"/a mailto:x@example.org", "1: conditions on the query"},
          {"/a //example.org", "1: a host needs its scheme"},
          {"/a /\\example.org", "1: a host needs its scheme"},
          {"/a https:example.org", "1: a target begins with"},
          {"/a* https://:splat", "1: the host of a target"},
          {"/a* https://example.org:splat", "1: the host of a target"},
          {"/:a https://:a.example.org/", "1: the host of a target"},
          {"/a https://user@example.org/", "1: the host of a target"},
          {"/a https://", "1: the host of a target"},
          {"/a/* /b/*", "1: write :splat"},
          {"/a /b/:splat", "1: no * whose text"},
          {"/news/:slug /blog/:slgu", "1: nothing captures this placeholder"},
          {"/a /b%", "1: write %25"},
          {"/a /b\\c", "1: write / or %5C"},
          {"/a /b/../c 200", "1: no file can have this path"},
          {"/a /.git/x 404", "1: no file can have this path"},
          {"/a\x01 /b", "1: control byte"},
          {"/a /b\r /c", "1: control byte"},
          {"/a 1=1 2=1 3=1 4=1 5=1 6=1 7=1 8=1 9=1 0=1 a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 /b",
           "1: too many words"},
      },
      true);
}

TEST(RuleMistakes, Headers) {
  expect_mistakes(
      {
          {"  A: b", "1: a path must come before"},
          {"/a\n A: b\n*.js\n B: c", "3: for the path above"},
          {"/a\n A: b\nassets/*\n B: c", "3: for the path above"},
          {"a", "1: a path must come before"},
          {"/a b\n A: b", "1: stands alone"},
          {"/a\n A b", "2: a field is written"},
          {"/a\n :b", "2: no field name"},
          {"/a\n A b: c", "2: no field name: 'A b'"},
          {"/a\n A : c\n \xc3\xa9: c", "3: no field name: '\\xc3\\xa9'"},
          {"/a\n A: \x01", "2: control byte"},
          {"/a\n A: b\n B: c\rD: e", "3: control byte"},
          {"/a\n A: b\x7f", "2: control byte"},
          {"/a\n ! A: b", "2: one field name and nothing else"},
          {"/a\n !", "2: one field name and nothing else"},
          {"/a\n A: b\n ! A", "3: write it above"},
          {"/a\n ! A\n A: b\n ! a", "4: write it above"},
          {"/a\n ! Content-Type\n Content-Type: a/b\n Content-Type: c/d", "4: one value only"},
          {"/a\n Content-Type: a/b\n content-type: c/d", "3: one value only"},
          {"/a\n Content-Length: 1", "2: the server's own"},
          {"/a\n ! date", "2: the server's own"},
          {"/a\n Transfer-Encoding: chunked", "2: the server's own"},
          {"/a\n connection: close", "2: the server's own"},
          {"/a\n Location: /b", "2: the server's own"},
          {"/a\n ETag: \"x\"", "2: can only be removed"},
          {"/a\n Basic-Auth: a:b", "2: use --auth"},
          {"/*/*\n A: b", "1: only one *"},
          {"https://example.com:80/\n A: b", "1: a port cannot"},
          {"//a/b\n A: b", "1: write one slash"},
      },
      false);
  std::string text = "/*\n";
  for (int i = 0; i < 65; i++) text += " F" + std::to_string(i) + ": v\n";
  expect_mistakes({{text.c_str(), "66: more than 64 fields"}}, false);
}

TEST(RuleMistakes, NulAndEveryOtherByte) {
  for (int c = 0; c < 256; c++) {
    std::string byte(1, static_cast<char>(c));
    // Whatever it is, a mistake or a rule: never both, never neither, and no crash.
    for (const std::string& text : {byte, "/a" + byte + "b /c", "/a /b" + byte + "c", "/a " + byte + "=1 /b"}) {
      Ruled redirects(text);
      EXPECT_EQ(redirects.ok(), redirects.errors() == 0) << c;
      Ruled headers("", "/a\n X" + byte + "Y: b" + byte + "c\n" + text);
      EXPECT_EQ(headers.ok(), headers.errors() == 0) << c;
      bool control = (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
      EXPECT_FALSE(control && headers.ok()) << c;
    }
  }
}

TEST(RuleMistakes, RulesWithWarningsAreUsed) {
  Ruled ruled("/a /b\n/c /d\n/a/ x=1 /e\n/a /f 302");
  EXPECT_TRUE(ruled.ok());
  EXPECT_EQ(ruled.mistakes(),
            "_redirects:3: warning: never used: an earlier rule has the same path (line 1): '/a/ x=1 /e'\n"
            "_redirects:4: warning: never used: an earlier rule has the same path (line 1): '/a /f 302'\n");
  EXPECT_EQ(ruled.redirect("/a?x=1"), "301 /b?x=1");
}

TEST(RuleMistakes, ASecondRuleOfAPathIsNotUsedEvenIfTheFirstIsSkipped) {
  for (const char* text : {"/* /login 302\n/* /index.html 200", "/docs /docs/\n/docs/ /index.html 200"}) {
    Ruled ruled(text);
    EXPECT_TRUE(ruled.mistakes().starts_with("_redirects:2: warning: left out, also where ")) << ruled.mistakes();
  }
  EXPECT_EQ(Ruled("/* /login 302\n/* /index.html 200").redirect("/login"), "-");
  EXPECT_EQ(Ruled("/login /index.html 200\n/* /login 302").redirect("/login"), "200 /index.html");
  for (const char* text : {"/* /a 200\n/* /b 200", "/a /b\n/a /c", "/* /a\n/* /a"}) {
    EXPECT_TRUE(Ruled(text).mistakes().starts_with("_redirects:2: warning: never used: ")) << Ruled(text).mistakes();
  }
}

TEST(RuleMistakes, RedirectLoopsAreRefused) {
  EXPECT_EQ(Ruled("/x /y\n/a /b\n/b /c\n/c /b/").mistakes(),
            "_redirects:3: rules that lead in a circle: change the target of one (line 4)\n");
  EXPECT_FALSE(Ruled("/a /b 200\n/b /a 200").ok());
  EXPECT_FALSE(Ruled("https://h/a /b\nhttps://h/b /a?x").ok());
  // These end.
  for (const char* text : {"/a /b\n/b /a 200", "/a /b 200\n/b /c 200", "/a /b\n/b /c\n/c /d", "/a /a/\n/b/ /b",
                           "/a /b\n/b x=1 /a", "/* / 301", "https://h/a /b\nhttps://i/b /a"}) {
    EXPECT_TRUE(Ruled(text).ok()) << text << Ruled(text).mistakes();
  }
}

TEST(RuleMistakes, AllMistakesAreCounted) {
  std::string text;
  for (int i = 0; i < 1000; i++) text += "/a" + std::to_string(i) + "\n";
  std::array<rules::Diagnostic, 3> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  std::vector<std::byte> memory(rules::rules_bytes(text, text));
  rules::Rules rules;
  EXPECT_FALSE(rules::parse_rules(text, text, memory, mistakes, rules));
  EXPECT_EQ(mistakes.errors(), 1000U);
  EXPECT_EQ(mistakes.warnings(), 1000U); // paths without fields
  ASSERT_EQ(mistakes.kept().size(), 3U);
  EXPECT_EQ(mistakes.kept()[2].line, 3U);
}

TEST(RuleMistakes, AnErrorReplacesTheLastWarning) {
  std::array<rules::Diagnostic, 3> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  uint32_t line = 0;
  auto add = [&](bool warning) { mistakes.add({.warning = warning, .line = ++line, .text = "x"}); };
  auto kept = [&] {
    std::string lines;
    for (const rules::Diagnostic& mistake : mistakes.kept()) {
      lines += (mistake.warning ? " w" : " e") + std::to_string(mistake.line);
    }
    return lines + ", " + std::to_string(mistakes.errors_left_out()) + " and " +
           std::to_string(mistakes.warnings_left_out());
  };
  for (bool warning : {true, false, true, true}) add(warning);
  EXPECT_EQ(kept(), " w1 e2 w3, 0 and 1");
  add(false);
  EXPECT_EQ(kept(), " w1 e2 e5, 0 and 2");
  add(false);
  EXPECT_EQ(kept(), " e2 e5 e6, 0 and 3");
  add(false);
  add(true);
  EXPECT_EQ(kept(), " e2 e5 e6, 1 and 4");
}

TEST(RuleMistakes, EachLimitIsReported) {
  std::string megabyte(1 << 20, 'a');
  EXPECT_TRUE(Ruled("# " + megabyte + "\n/a /b").ok());
  EXPECT_EQ(Ruled("/a /b\n/" + megabyte + " /b\n").mistakes(),
            "_redirects:2: a line of more than 4096 bytes: split or shorten it: '/" + std::string(59, 'a') + "...'\n");
  EXPECT_EQ(Ruled("/a /b\n/" + std::string(4093, 'a') + " /b\n").mistakes().find("_redirects:2: a line"), 0U);
  EXPECT_TRUE(Ruled("/a /b\n/" + std::string(4092, 'a') + " /b\n").ok());
  EXPECT_FALSE(Ruled("", "/a\n B: " + megabyte).ok());
  EXPECT_EQ(Ruled(std::string((4 << 20) + 1, '\n')).mistakes(), "_redirects: the file is larger than 4 MiB\n");
  EXPECT_EQ(Ruled("", std::string((4 << 20) + 1, '\n')).mistakes(), "_headers: the file is larger than 4 MiB\n");
  std::string lines;
  std::string blocks;
  std::string fields = "/*\n";
  for (int i = 0; i < 100'000; i++) {
    lines += "/" + std::to_string(i) + " /b\n";
    blocks += "/" + std::to_string(i) + "\n A: b\n";
    if (i % 50 == 49) fields += "/" + std::to_string(i) + "\n";
    fields += " F" + std::to_string(i) + ": b\n";
  }
  EXPECT_EQ(Ruled(lines).mistakes(),
            "_redirects:65537: more than 65536 rules: use placeholders and *, the rest is not read\n");
  EXPECT_TRUE(Ruled("", blocks).mistakes().starts_with("_headers:131073: more than 65536 paths"));
  EXPECT_TRUE(Ruled("", fields).mistakes().find(": more than 65536 paths or fields") != std::string::npos);
}

TEST(RuleMistakes, EveryPrefixOfAFile) {
  std::string redirects = "/a/:b/* id=:id x=1 https://example.org/:id/:b/:splat?q#f 301! # c\n/*.html /:splat 200\n";
  std::string headers = "/a/:b/*\n  X-A: :b :splat\n  ! ETag\nhttps://example.org/*\n  Set-Cookie: a=b\n";
  for (size_t i = 0; i <= redirects.size(); i++) {
    Ruled ruled(redirects.substr(0, i), headers.substr(0, i));
    EXPECT_EQ(ruled.ok(), ruled.errors() == 0);
    ruled.redirect("/a/b/c/d?id=1&x=1");
    ruled.fields("//example.org/a/b/c/d");
  }
}

} // namespace
} // namespace minhttp::test
