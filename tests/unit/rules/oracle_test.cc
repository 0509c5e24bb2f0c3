// SPDX-License-Identifier: MIT
// The tree against the plainest matcher there is.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/rules/plain_match.h"
#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

struct Made {
  std::string path;
  std::vector<std::string> conditions; // key=value
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
  if (random() % 3 != 0) return made;
  for (const char* key : {"x", "y", "z"}) {
    std::string name = std::string(":v") + key;
    if (random() % 2 == 0) made.conditions.push_back(key + ("=" + pick(random, {"1", "1", "2", "", name.c_str()})));
  }
  std::shuffle(made.conditions.begin(), made.conditions.end(), random);
  return made;
}

// Its parameters, not decoded; a name may come again.
using Query = std::vector<std::string>;

Query random_query(std::mt19937& random) {
  Query query;
  for (size_t count = random() % 5; count > 0; count--) {
    query.push_back(pick(random, {"x", "y", "z", "%78", "other", ""}) + pick(random, {"=", "=", "="}) +
                    pick(random, {"1", "1", "%31", "2", "3", ""}));
    if (random() % 20 == 0) query.back() = "x"; // without a sign
  }
  return query;
}

std::string decoded(std::string text) {
  for (const char* escape : {"%78", "%31"}) {
    size_t at = text.find(escape);
    if (at != std::string::npos) text.replace(at, 3, 1, static_cast<char>(std::stoi(escape + 1, nullptr, 16)));
  }
  return text;
}

std::string name_of(const std::string& parameter) { return decoded(parameter.substr(0, parameter.find('='))); }

std::string value_of(const std::string& parameter) {
  size_t sign = parameter.find('=');
  return sign == std::string::npos ? "" : decoded(parameter.substr(sign + 1));
}

// The first of a name counts; empty conditions always hold.
bool holds(const Made& made, const Query& query) {
  return std::all_of(made.conditions.begin(), made.conditions.end(), [&](const std::string& condition) {
    auto found =
        std::find_if(query.begin(), query.end(), [&](auto& sent) { return name_of(sent) == name_of(condition); });
    if (found == query.end()) return false;
    return value_of(condition).starts_with(":") || value_of(*found) == value_of(condition);
  });
}

// What is passed on: all of it without conditions, else what they do not name.
std::string passed_on(const Made& made, const Query& query) {
  std::string text;
  for (const std::string& sent : query) {
    bool named = std::any_of(made.conditions.begin(), made.conditions.end(),
                             [&](const std::string& condition) { return name_of(condition) == name_of(sent); });
    if (named || (sent.empty() && !made.conditions.empty())) continue;
    text += (text.empty() ? "?" : "&") + sent;
  }
  return text;
}

std::string joined(const Query& query) {
  std::string text;
  for (const std::string& sent : query) text += (text.empty() ? "?" : "&") + sent;
  return text;
}

std::string words_of(const Made& made) {
  std::string words = made.path;
  for (const std::string& condition : made.conditions) words += " " + condition;
  return words;
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
      redirects += words_of(made[i]) + " " + target + " 302\n";
      headers += made[i].path + "\n  L: " + target + "\n";
    }
    Ruled ruled(redirects, headers);
    ASSERT_TRUE(ruled.ok()) << redirects << ruled.mistakes();
    for (int i = 0; i < 20; i++) {
      std::string path = random_path(random);
      Query query = random_query(random);
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
        redirect = "302 " + filled + passed_on(made[rule], query);
        found++;
      }
      std::string url = path + joined(query);
      EXPECT_EQ(ruled.redirect(url), redirect) << redirects << url;
      EXPECT_EQ(ruled.fields(path), fields.empty() ? "" : fields + "\n") << redirects << path;
    }
  }
  EXPECT_GT(found, 5000);
}

} // namespace
} // namespace minhttp::test
