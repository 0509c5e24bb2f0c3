// SPDX-License-Identifier: MIT
// What a look-up in rules costs, and which files are refused because it would be too much.

#include <gtest/gtest.h>

#include <functional>

#include "unit/rules/ruled.h"
#include "unit/serve/expect_cost.h"

namespace minhttp::test {
namespace {

// The same site with more and more rules that have nothing to do with what is asked.
std::string many(int count, const std::function<std::string(int)>& line) {
  std::string text;
  for (int i = 0; i < count; i++) text += line(i);
  return text + "/asked/:for/* /found/:for/:splat 301\n/asked id=7 /seven\n/*.asked /suffix\n";
}

TEST(RulesCost, OtherRulesAddNoSteps) {
  auto n = [](int i) { return std::to_string(i * 7919 % 100'003); };
  const std::function<std::string(int)> kinds[] = {
      [&](int i) { return "/old/page-" + n(i) + " /new/" + n(i) + "\n"; },
      [&](int i) { return "/" + n(i) + "/* /x\n"; },
      [&](int i) { return "/x" + n(i) + "* /x\n"; },
      [&](int i) { return "/*-" + n(i) + " /x\n"; },
      [&](int i) { return "/:a/" + n(i) + " /x\n"; },
      [&](int i) { return "/:a." + n(i) + "/x /x\n"; },
      [&](int i) { return "/asked/" + n(i) + "/:b /x\n"; },
      [&](int i) { return "/asked id=x" + n(i) + " /x\n"; },
      [&](int i) { return "/asked k" + n(i) + "=:v /x\n"; },
      [&](int i) { return "https://h" + n(i) + ".example/* /x\n"; },
      [&](int i) { return "https://h.example/" + n(i) + " /x\n"; },
  };
  for (const auto& kind : kinds) {
    Ruled few(many(10, kind));
    Ruled lots(many(10'000, kind));
    ASSERT_TRUE(few.ok() && lots.ok()) << lots.mistakes();
    for (const char* url : {"//h.example/asked/a/b/c", "//h.example/asked?id=7", "/some/where.asked"}) {
      EXPECT_EQ(lots.redirect(url), few.redirect(url));
      EXPECT_GT(few.visits(url), 0U);
      // Text that is common to some of many is split into more nodes: by a digit each.
      EXPECT_LE(lots.visits(url), few.visits(url) + 8) << kind(0) << url;
      EXPECT_LE(lots.visits(url), 40U) << kind(0) << url;
    }
  }
}

TEST(RulesCost, EachOfManyRulesIsFoundInFewSteps) {
  std::string text;
  for (int i = 0; i < 10'000; i++) {
    text += "/old/page-" + std::to_string(i) + ".html /new/" + std::to_string(i) + "\n";
  }
  Ruled ruled(text);
  ASSERT_TRUE(ruled.ok());
  uint32_t most = 0;
  for (int i = 0; i < 10'000; i++) {
    std::string url = "/old/page-" + std::to_string(i) + ".html";
    ASSERT_EQ(ruled.redirect(url), "301 /new/" + std::to_string(i));
    most = std::max(most, ruled.visits(url));
  }
  EXPECT_LE(most, 10U);
  EXPECT_EQ(ruled.redirect("/old/page-10000.html"), "-");
  // A few times the text.
  EXPECT_LE(ruled.bytes(), 15 * text.size());
}

TEST(RulesCost, NoPathIsExpensive) {
  // All that a placeholder or a splat could stand for is bounded by the ends, not tried.
  Ruled ruled("/:a-/:b-/*-x /y\n/*-----x /y\n/-*- /z\n");
  ASSERT_TRUE(ruled.ok());
  std::string dashes(8190, '-');
  EXPECT_EQ(ruled.redirect("/" + dashes), "301 /z");
  EXPECT_LE(ruled.visits("/" + dashes), 20U);
}

// What was counted for one look-up.
struct Looked {
  uint64_t rules;
  uint64_t all;
};

Looked look_up(const Ruled& ruled, const std::string& url) {
  Asked asked(url);
  char out[8192];
  Cost cost;
  (void)rules::match_redirect(ruled.rules(), asked.question, out);
  uint64_t meetings = Cost::of(cost::Kind::nodes) + Cost::of(cost::Kind::rules);
  EXPECT_LE(meetings, bound::redirect_meetings(ruled.rules()));
  size_t bytes = asked.name.size() + asked.query.size();
  EXPECT_TRUE(
      within_bound("_redirects", bytes, bound::redirects(ruled.rules(), asked.name.size(), asked.query.size())));
  return {Cost::of(cost::Kind::rules), Cost::all()};
}

Looked look_up_fields(const Ruled& ruled, const std::string& url) {
  Asked asked(url);
  static char out[limits::fields_bytes];
  rules::Fields fields;
  Cost cost;
  rules::match_headers(ruled.rules(), asked.question, out, fields);
  EXPECT_TRUE(within_bound("_headers", asked.name.size(), bound::fields(ruled.rules(), asked.name.size())));
  return {Cost::of(cost::Kind::fields), Cost::all()};
}

std::string repeat(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; i++) all += text;
  return all;
}

std::string lines(int count, const std::function<std::string(int)>& line) {
  std::string text;
  for (int i = 0; i < count; i++) text += line(i) + "\n";
  return text;
}

// Rules that share all conditions but one, as those of a site that moved away from Joomla.
TEST(RulesCost, ARepeatedQueryParameterIsLookedUpOnce) {
  auto articles = [](int count) {
    return lines(count, [](int i) {
      std::string id = std::to_string(i);
      return "/index.php option=com_content view=article id=" + id + " /article-" + id + " 301";
    });
  };
  std::string sent =
      "/index.php?" + repeat("option=com_content&", 62) + "option=com_content&" + std::string(6500, 'k') + "=1";
  Ruled few(articles(100));
  Ruled many(articles(5000));
  ASSERT_TRUE(few.ok() && many.ok());
  EXPECT_EQ(look_up(many, sent).rules, 0U);
  EXPECT_LE(look_up(many, sent).all, look_up(few, sent).all + 64);
  std::string right = "/index.php?id=4999&option=com_content&view=article";
  EXPECT_EQ(look_up(many, right).rules, 1U);
  EXPECT_EQ(many.redirect(right), "301 /article-4999");
  EXPECT_EQ(many.redirect(right + "&id=7&Itemid=9"), "301 /article-4999?Itemid=9");
}

// Whatever the order in which they stand, a rule is found by that which the fewest share.
TEST(RulesCost, TheRarestConditionFindsARule) {
  for (const char* order : {"a=1 k=", "k=", ":"}) {
    Ruled ruled(lines(2000, [&](int i) {
      std::string k = "k=" + std::to_string(i);
      return "/x " + (*order == 'a' ? "a=1 " + k : *order == 'k' ? k + " a=1" : "v=:v " + k + " a=1") + " /y" + k;
    }));
    ASSERT_TRUE(ruled.ok());
    EXPECT_EQ(look_up(ruled, "/x?a=1&v=3&k=1999").rules, 1U) << order;
    EXPECT_EQ(look_up(ruled, "/x?a=1&v=3&k=2000").rules, 0U) << order;
    EXPECT_EQ(ruled.redirect("/x?a=1&k=1999&v=3"), *order == ':' ? "301 /yk=1999" : "301 /yk=1999?v=3");
  }
}

// Two conditions of a hundred values each: no rule has a rare one, and still few are met.
TEST(RulesCost, PairsOfConditions) {
  Ruled ruled(lines(10'000, [](int i) {
    return "/x a=" + std::to_string(i / 100) + " b=" + std::to_string(i % 100) + " /y" + std::to_string(i);
  }));
  ASSERT_TRUE(ruled.ok()) << ruled.mistakes();
  EXPECT_EQ(ruled.redirect("/x?b=99&a=99"), "301 /y9999");
  EXPECT_LE(look_up(ruled, "/x?b=99&a=99").rules, 200U);
}

// Rules of which any might be the one, all of them asked for by one request.
std::string alike(int count) {
  return lines(count, [](int i) { return "/x a=1 v" + std::to_string(i % 2) + "=:v /y" + std::to_string(i); });
}

TEST(RulesCost, FilesThatWouldCostTooMuchAreRefused) {
  EXPECT_TRUE(Ruled(alike(10'000)).ok());
  Ruled conditions("\n" + alike(65'000));
  EXPECT_FALSE(conditions.ok());
  EXPECT_TRUE(conditions.mistakes().starts_with("_redirects:65001: too many rules for one request"))
      << conditions.mistakes();

  // Wildcards within each other: all of them stand for a path of many a.
  auto within = [](int size) {
    return lines(size * size, [&](int i) {
      auto a = [](int n) { return std::string(static_cast<size_t>(n), 'a'); };
      return "/" + a(i / size) + "*" + a(i % size) + " /y";
    });
  };
  Ruled some(within(100));
  ASSERT_TRUE(some.ok());
  EXPECT_GT(look_up(some, "/" + std::string(300, 'a')).all, 5'000U); // so the bound is not idle
  Ruled wildcards(within(140));
  EXPECT_FALSE(wildcards.ok());
  EXPECT_TRUE(wildcards.mistakes().find("too many rules for one request") != std::string::npos);

  std::string block = "/*\n ! A\n ! B\n";
  EXPECT_TRUE(Ruled("", repeat(block, 255)).ok());
  Ruled fields("", repeat(block, 256));
  EXPECT_FALSE(fields.ok());
  EXPECT_TRUE(fields.mistakes().starts_with("_headers:766: too many fields for one path")) << fields.mistakes();
}

// Each of as many as may be read is applied, also where the host's are found in a walk of their own.
TEST(RulesCost, TheMaximumNumberOfBlocks) {
  std::string headers = repeat("/*\n ! A\n", 510) + "/*\n B: c\n";
  std::string with_host = repeat("https://h.example/*\n ! A\n", 500) + "https://h.example/*\n B: d\n";
  Ruled ruled("", headers + with_host);
  ASSERT_TRUE(ruled.ok()) << ruled.mistakes();
  EXPECT_EQ(ruled.fields("//h.example/x"), "B: c, d\n");
  EXPECT_LE(look_up_fields(ruled, "//h.example/x").rules, 80'000U);
}

// A long capture that is filled in a thousand times: it ends where the room does.
TEST(RulesCost, FillingStopsWhenTheTargetIsFull) {
  std::string placeholders = repeat(":p", 1500);
  Ruled target("/:p /" + placeholders);
  ASSERT_TRUE(target.ok()) << target.mistakes();
  std::string path = "/" + std::string(8000, 'p');
  EXPECT_TRUE(target.redirect(path).starts_with("414"));
  EXPECT_LE(look_up(target, path).all, 150'000U);
  Ruled values("", "/:p\n A: " + placeholders + "\n B: " + placeholders + "\n");
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values.fields(path, limits::fields_bytes), "?");
  EXPECT_LE(look_up_fields(values, path).all, 150'000U);
}

TEST(RulesCost, ParsingIsBoundedByTheLengthOfTheText) {
  struct Files {
    std::string redirects;
    std::string headers;
  };
  const Files files[] = {
      {lines(65'536, [](int i) { return "/p" + std::to_string(i) + " /p" + std::to_string(i + 1); }), ""},
      {lines(65'000, [](int i) { return "/x k=" + std::to_string(i) + " /y"; }), ""},
      {lines(8'000, [](int i) { return "/x a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=" + std::to_string(i) + " /y"; }), ""},
      {lines(16'000, [](int i) { return "/:a/:b/:c/:d/:e/:f/:g/" + std::to_string(i) + "/* /y"; }), ""},
      {lines(1'000, [](int i) { return "/" + std::string(static_cast<size_t>(i), 'a') + "x /y"; }), ""},
      {"", lines(30'000, [](int i) { return "/p" + std::to_string(i) + "\n A: b"; })},
  };
  for (const Files& file : files) {
    Cost cost;
    Ruled ruled(file.redirects, file.headers);
    ASSERT_TRUE(ruled.ok()) << ruled.mistakes();
    size_t text = file.redirects.size() + file.headers.size();
    EXPECT_TRUE(within_bound("rules, read", text, bound::reading(ruled.rules(), text))) << file.redirects.substr(0, 60);
    EXPECT_LE(Cost::all(), 100 * text) << file.redirects.substr(0, 60);
  }
}

} // namespace
} // namespace minhttp::test
