// The tree against the plainest matcher there is, and what a look-up costs.

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "unit/site/plain_match.h"
#include "unit/site/ruled.h"

namespace minhttp::test {
namespace {

struct Made {
  std::string path;
  std::string condition; // key=value, or empty
};

std::string pick(std::mt19937& random, std::initializer_list<const char*> words) {
  return words.begin()[random() % words.size()];
}

std::string random_path(std::mt19937& random) {
  std::string path;
  for (size_t parts = 1 + random() % 4; parts > 0; parts--)
    path += "/" + pick(random, {"a", "b", "ab", "ba", "a.b", "aab"});
  return path + (random() % 4 == 0 ? "/" : "");
}

Made random_rule(std::mt19937& random) {
  Made made;
  bool splat = false;
  const char* names[] = {":p", ":q", ":r", ":s"};
  for (size_t i = 0, parts = 1 + random() % 4; i < parts; i++) {
    made.path += '/';
    switch (random() % 5) {
      case 0:
        made.path += splat ? "b" : names[i] + pick(random, {"", "", ".b", "b"});
        // What stands behind a name must not lengthen it.
        if (made.path.back() == 'b' && made.path[made.path.size() - 2] != '.') made.path.back() = 'a';
        if (made.path.ends_with("pa") || made.path.ends_with("qa") || made.path.ends_with("ra") ||
            made.path.ends_with("sa"))
          made.path.pop_back();
        break;
      case 1:
        if (!splat) {
          splat = true;
          made.path += pick(random, {"", "a", "ab"}) + "*" + pick(random, {"", "", "b", ".b"});
          break;
        }
        [[fallthrough]];
      default: made.path += pick(random, {"a", "b", "ab", "ba", "a.b"});
    }
  }
  if (random() % 5 == 0) made.condition = pick(random, {"x=1", "x=2", "x=:v", "y=1"});
  return made;
}

bool holds(const Made& made, std::string_view query) {
  if (made.condition.empty()) return true;
  if (query.empty()) return false;
  return made.condition.ends_with(":v") ? query[1] == made.condition[0] : query.substr(1) == made.condition;
}

TEST(RulesOracle, RandomRulesAndPaths) {
  std::mt19937 random(20240607);
  int found = 0;
  for (int round = 0; round < 2000; round++) {
    std::vector<Made> made;
    std::string redirects;
    std::string headers;
    for (size_t i = 0, count = 1 + random() % 12; i < count; i++) {
      made.push_back(random_rule(random));
      std::string target = "/=" + std::to_string(i);
      for (const char* name : {":p", ":q", ":r", ":s", "*"}) {
        if (made[i].path.find(name) != std::string::npos)
          target += std::string("/_") + (*name == '*' ? ":splat" : name);
      }
      redirects += made[i].path + " " + made[i].condition + " " + target + " 302\n";
      headers += made[i].path + "\n  L: " + target + "\n";
    }
    Ruled ruled(redirects, headers);
    ASSERT_TRUE(ruled.ok()) << redirects << ruled.mistakes();
    for (int i = 0; i < 20; i++) {
      std::string path = random_path(random);
      std::string query = pick(random, {"", "", "?x=1", "?x=2", "?x=3", "?y=1"});
      std::string redirect = "-";
      std::string fields;
      for (size_t rule = 0; rule < made.size(); rule++) {
        Captures captures;
        if (!plain_match(made[rule].path, path, captures)) continue;
        std::string filled = "/=" + std::to_string(rule);
        for (const char* name : {"p", "q", "r", "s", "splat"}) {
          for (auto& [key, value] : captures) {
            if (key == name) filled += "/_" + value;
          }
        }
        fields += (fields.empty() ? "L: " : ", ") + filled;
        if (redirect != "-" || !holds(made[rule], query)) continue;
        redirect = "302 " + filled + (made[rule].condition.empty() ? query : "");
        found++;
      }
      EXPECT_EQ(ruled.redirect(path + query), redirect) << redirects << path << query;
      EXPECT_EQ(ruled.fields(path), fields.empty() ? "" : fields + "\n") << redirects << path;
    }
  }
  EXPECT_GT(found, 5000);
}

// The same site with more and more rules that have nothing to do with what is asked.
std::string many(int count, const std::function<std::string(int)>& line) {
  std::string text;
  for (int i = 0; i < count; i++) text += line(i);
  return text + "/asked/:for/* /found/:for/:splat 301\n/asked id=7 /seven\n/*.asked /suffix\n";
}

TEST(RulesCost, RulesThatDoNotMatchCostNothing) {
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

TEST(RulesCost, EveryOneOfManyIsFound) {
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

} // namespace
} // namespace minhttp::test
