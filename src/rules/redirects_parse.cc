// SPDX-License-Identifier: MIT
// A line of _redirects is
//   path [name=value ...] target [status[!]] [# comment]

#include "base/number.h"
#include "rules/lines.h"

namespace minhttp::rules {
namespace {

// The default of Netlify and of most who adopted its format; Cloudflare Pages has 302.
constexpr http::Status default_status = http::Status::moved_permanently;

struct Words {
  std::array<std::string_view, limits::rules_words_max> words;
  size_t count = 0;
  std::string_view operator[](size_t i) const { return words[i]; }
};

// A mistake and the word that is wrong; empty text: none.
struct Wrong {
  std::string_view text;
  std::string_view word;
  bool warning = false; // the line can be left out
  uint32_t other = 0;   // another line that is involved
};

bool is_target(std::string_view word) {
  return word[0] == '/' || starts_with(word, "https:") || starts_with(word, "http:");
}

// Splits a line up to its comment. False: there are too many words.
bool split(std::string_view line, Words& words) {
  while (true) {
    std::string_view word = take_word(line);
    if (word.empty() || (word[0] == '#' && words.count > 0)) return true;
    if (words.count == words.words.size()) return false;
    words.words[words.count++] = word;
  }
}

// Whether an invalid line at least looks like a rule, so that it may be left out.
bool has_target(const Words& words) {
  for (size_t i = 1; i < words.count; i++) {
    if (is_target(words[i])) return true;
  }
  return false;
}

bool begins_with_name(std::string_view word, std::string_view name) {
  return word.size() > name.size() && word[name.size()] == '=' && equal_ignoring_case(take(word, name.size()), name);
}

// "/.git/* /404.html 404": not needed, as hidden files are 404 anyway.
bool is_404(const Words& words) {
  std::string_view status = words.count > 2 ? words[words.count - 1] : std::string_view();
  return has_target(words) && (equal(status, "404") || equal(status, "404!"));
}

// Options of Netlify behind the status are each refused by name.
std::string_view refuse_option(std::string_view word) {
  if (begins_with_name(word, "country"sv)) return "conditions on the visitor's country are not supported"sv;
  if (begins_with_name(word, "language"sv)) return "conditions on the visitor's language are not supported"sv;
  if (begins_with_name(word, "role"sv)) return "conditions on a role are not supported"sv;
  if (begins_with_name(word, "cookie"sv)) return "conditions on a cookie are not supported"sv;
  if (begins_with_name(word, "sign"sv) || begins_with_name(word, "signed"sv)) {
    return "signed proxy requests are not supported"sv;
  }
  return "nothing can stand behind the status: conditions on the query stand before the target"sv;
}

bool parse_status(std::string_view word, RedirectRule& rule) {
  if (!word.empty() && word.back() == '!') {
    rule.force = true;
    word.remove_suffix(1);
  }
  auto number = parse_decimal(word);
  if (!number || word.size() != 3) return false;
  rule.status = static_cast<http::Status>(*number);
  switch (*number) {
    case 200:
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
    case 404: return true;
    default: return false;
  }
}

Wrong parse_condition(std::string_view word, Rules& rules, RedirectRule& rule, Pattern& pattern) {
  size_t equals = find(word, '=');
  if (equals == word.size() || equals == 0) {
    return {"before the target stand conditions on the query, as in id=:id; a target begins with / or https://"sv,
            word};
  }
  if (rule.condition_count == limits::rules_conditions_max)
    return {"too many conditions in one rule (8 at most)"sv, word};
  std::string_view value = drop(word, equals + 1);
  Condition condition = {.name = add_term(rules, 0, take(word, equals)), .value = 0};
  if (starts_with(value, ":") && placeholder_size(value) == value.size()) {
    if (pattern.names.number(drop(value, 1)) != 0) return {"two placeholders of one name: rename one"sv, word};
    pattern.names.names[pattern.names.count++] = drop(value, 1);
  } else {
    condition.value = add_term(rules, condition.name, value);
  }
  for (uint32_t i = rule.conditions; i < rules.conditions.used; i++) {
    if (rules.conditions[i].name == condition.name) return {"two conditions on one parameter: keep one"sv, word};
  }
  rules.conditions.add(condition);
  rule.condition_count++;
  return {};
}

Wrong check_served(std::string_view word, const RedirectRule& rule, const RuleText& text) {
  if (rule.target.absolute) return {"serving from another host (a proxy) is not supported: redirect with 301"sv, word};
  if (rule.target.captures) return {};
  char name[3 * limits::rules_line_max];
  std::string_view path = text.view(rule.target.text);
  path = take(path, find(take(path, find(path, '#')), '?'));
  if (http::decode_path(path, name).status != http::Status::ok) {
    return {"no file can have this path: it is hidden or holds . or .. or an empty part"sv, word};
  }
  return {};
}

// Whether a redirect leads to its own path. So does one from http:// to https://, as the scheme is not known here: a
// proxy that terminates TLS in front of us redirects that.
bool leads_to_itself(std::string_view path, std::string_view target) {
  if (equal(path, target)) return true;
  if (!starts_with(path, "http://") || !starts_with(target, "https://")) return false;
  path = drop(path, 7);
  target = drop(target, 8);
  if (drop_end(path, "*"sv)) return drop_end(target, ":splat"sv) && equal(path, target);
  if (find(path, '/') == path.size()) (void)drop_end(target, "/"sv); // "host" equals "host/"
  return equal(path, target);
}

// Parses everything behind the path.
Wrong parse_rest(const Words& words, Rules& rules, RedirectRule& rule, Pattern& pattern) {
  size_t at = 1;
  // "/path/* 200": serves what is at the path, and later rules do not apply.
  RedirectRule probe = {};
  if (words.count > 1 && parse_status(words[1], probe)) {
    rule.same = true;
    if (probe.status != http::Status::ok || words[0].back() != '*') {
      return {"the target is missing: only a path that ends with * and has status 200 needs none"sv, words[1]};
    }
  } else {
    for (; at < words.count && !is_target(words[at]); at++) {
      Wrong wrong = parse_condition(words[at], rules, rule, pattern);
      if (!wrong.text.empty()) return wrong;
    }
    if (at == words.count) return {"the target is missing: write where to, as in: /old /new 301"sv, words[0]};
    std::string_view wrong = parse_target(words[at], pattern.names, rules.text, rule.target);
    if (!wrong.empty()) return {wrong, words[at]};
    at++;
  }
  std::string_view target = words[at - 1];
  if (at < words.count && !parse_status(words[at], rule)) {
    if (find(words[at], '=') < words[at].size()) return {refuse_option(words[at]), words[at]};
    return {"the status can be 200, 301, 302, 303, 307, 308 or 404, with a ! to force it"sv, words[at]};
  }
  at++;
  if (at < words.count) return {refuse_option(words[at]), words[at]};
  if (rule.redirects() && leads_to_itself(words[0], target)) {
    return {.text = "a rule that redirects to itself: left out"sv, .word = target, .warning = true};
  }
  return rule.same || rule.redirects() ? Wrong{} : check_served(target, rule, rules.text);
}

bool same_answer(const Rules& rules, const RedirectRule& a, const RedirectRule& b) {
  return a.status == b.status && a.force == b.force && a.same == b.same && a.condition_count == b.condition_count &&
         equal(rules.text.view(a.target.text), rules.text.view(b.target.text));
}

// Whether a request for the redirect's own target can match it; such a request skips it.
bool may_lead_back(const Rules& rules, const RedirectRule& rule) {
  if (!rule.redirects()) return false;
  std::string_view pattern = rules.text.view(rule.pattern);
  std::string_view target = rules.text.view(rule.target.text);
  if (find(pattern, mark) < pattern.size()) return true;
  drop_end(pattern, "/"sv);
  drop_end(target, "/"sv);
  return equal(pattern, target);
}

// Judges a rule whose path an earlier rule without conditions has already. People write /x and /x/, http:// and
// https://, where one of them is enough.
Wrong evaluate_again(const Rules& rules, const RedirectRule& rule, const RedirectRule& first, std::string_view line) {
  bool same = same_answer(rules, rule, first);
  if (same && (rule.slash != first.slash || rule.http != first.http)) return {};
  if (!same && rule.http != first.http) {
    return {.text = "a request's scheme is not known here: http:// and https:// need the same target"sv,
            .word = line,
            .other = first.line};
  }
  Wrong wrong = {
      .text = "never used: an earlier rule has the same path"sv, .word = line, .warning = true, .other = first.line};
  if (!same && may_lead_back(rules, first)) {
    wrong.text =
        "left out, also where the earlier rule of the same path leads back to what was asked for; write a rule for "sv
        "that path"sv;
  }
  return wrong;
}

Wrong parse_line(std::string_view line, uint32_t number, std::string_view own_host, Rules& rules) {
  Words words;
  if (!split(line, words)) return {"too many words for one rule"sv, line};
  if (starts_with(words[0], "/.netlify/")) return {"paths of Netlify's own (/.netlify/) do not exist here"sv, words[0]};
  Pattern pattern;
  std::string_view wrong = parse_pattern(words[0], own_host, rules.text, pattern);
  if (!wrong.empty()) {
    return {.text = pattern.foreign ? std::string_view(foreign_host) : wrong,
            .word = words[0],
            .warning = pattern.never ? has_target(words) : pattern.hidden && is_404(words)};
  }
  RedirectRule rule = {};
  rule.line = number;
  rule.status = default_status;
  rule.pattern = pattern.text;
  rule.http = pattern.http;
  rule.slash = words[0].back() == '/';
  rule.conditions = rules.conditions.used;
  Wrong rest = parse_rest(words, rules, rule, pattern);
  if (pattern.foreign && !rest.text.empty()) return {.text = foreign_host, .word = words[0], .warning = true};
  if (!rest.text.empty()) return rest;
  uint32_t node = rules.redirect_paths.add(rules.text, rule.pattern);
  uint32_t first = rules.redirect_paths.node(node).first;
  if (first != 0) return evaluate_again(rules, rule, rules.redirects[first], line); // the new rule would never apply
  uint32_t index = rules.redirects.used;
  rules.redirects.add(rule);
  if (rule.condition_count > 0) {
    rules.redirect_paths.node(node).last = 1;
    rules.redirects[index].next = node;
    count_conditions(rules, rule, node);
  } else {
    rules.redirect_paths.node(node).first = index;
  }
  return pattern.foreign ? Wrong{.text = foreign_host, .word = words[0], .warning = true} : Wrong{};
}

} // namespace

void parse_redirects(std::string_view text, std::string_view own_host, Diagnostics& mistakes, Rules& rules) {
  Diagnostic mistake = {.file = Diagnostic::File::redirects};
  if (text.size() > limits::rules_text_max) {
    mistake.text = "the file is larger than 4 MiB"sv;
    return mistakes.add(mistake);
  }
  Lines lines(text);
  uint32_t rules_seen = 0;
  while (lines.next()) {
    if (lines.blank()) continue;
    mistake = {.file = Diagnostic::File::redirects, .line = lines.number()};
    if (++rules_seen > limits::rules_max) {
      mistake.text = "more than 65536 rules: use placeholders and *, the rest is not read"sv;
      return mistakes.add(mistake);
    }
    mistake.text = check_line(lines.line());
    mistake.word = lines.line();
    if (mistake.text.empty()) {
      Wrong wrong = parse_line(lines.line(), lines.number(), own_host, rules);
      mistake.text = wrong.text;
      mistake.word = wrong.word;
      mistake.warning = wrong.warning;
      mistake.other = wrong.other;
    }
    if (!mistake.text.empty()) mistakes.add(mistake);
  }
  for (uint32_t i = 1; i < rules.redirects.used; i++) {
    RedirectRule& rule = rules.redirects[i];
    if (rule.condition_count == 0) continue;
    uint32_t node = rule.next;
    rule.next = 0;
    file_conditional(rules, i, node);
  }
}

} // namespace minhttp::rules
