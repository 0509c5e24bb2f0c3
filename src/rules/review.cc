// SPDX-License-Identifier: MIT
// A tour: for each rule write_sample() makes paths that match it, and puts bytes that occur in no rule in place of its
// wildcards. An earlier rule that matches such a path does so by its own wildcards, and so matches all such paths.

#include "rules/review.h"

#include "base/number.h"
#include "http/weight.h"
#include "rules/text.h"
#include "tables/limits.h"

namespace minhttp::rules {
namespace {

constexpr char fresh = '\1';
constexpr size_t sample_max = 2 * limits::rules_line_max;

bool is_name(std::string_view path) {
  for (bool first = true; !path.empty(); first = false) {
    std::string_view part = take_until(path, '/');
    if (part.empty() || (part[0] == '.' && !(first && equal(part, ".well-known")))) return false;
  }
  return true;
}

// Makes a question that matches pattern. parts: the number of segments for its splat. slash: whether the path ends with
// one. False: no request can ask it.
bool write_sample(std::string_view pattern, size_t parts, bool slash, std::span<char> out, Question& question) {
  Writer text(out);
  size_t host_size = 0;
  bool in_host = pattern[0] != '/';
  for (size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] == '/' && in_host) {
      host_size = text.size();
      in_host = false;
    }
    if (pattern[i] != mark) {
      text.byte(pattern[i]);
    } else if (pattern[++i] == one_mark) {
      text.byte(fresh);
    } else {
      for (size_t part = 0; part < parts; part++) text.text(part == 0 ? "\1"sv : "/\1"sv);
    }
  }
  question.host = take(text.view(), host_size);
  question.path.name = drop(text.view(), host_size + 1);
  (void)drop_end(question.path.name, "/"sv);
  question.path.directory = slash || question.path.name.empty();
  return is_name(question.path.name);
}

// The entry of a table that was read from this line; the table is in the order of the file.
template <typename T>
const T& at_line(const Table<T>& table, uint32_t line) {
  uint32_t low = 1;
  for (uint32_t high = table.used; high - low > 1;) {
    uint32_t middle = (low + high) / 2;
    (table[middle].line <= line ? low : high) = middle;
  }
  return table[low];
}

class Review {
 public:
  Review(const Rules& rules, Diagnostics& mistakes, uint64_t visits_max)
      : rules_(rules), mistakes_(mistakes), visits_max_(visits_max) {}

  void redirects() {
    for (uint32_t i = 1; i < rules_.redirects.used; i++) {
      uint32_t line = rules_.redirects[i].line;
      if (visits_ > visits_max_) {
        return warn(line, 0, "from here on no rule was compared with those above: too many wildcards"sv);
      }
      uint32_t by = caught_by(rules_.redirects[i]);
      if (by != 0) warn(line, by, "never used: a rule above catches every request for it"sv);
    }
  }

 private:
  void warn(uint32_t line, uint32_t other, std::string_view text) {
    mistakes_.add({.warning = true, .line = line, .other = other, .text = text, .word = {}});
  }

  // The line of an earlier rule, if for every sample an earlier rule applies; else 0.
  uint32_t caught_by(const RedirectRule& rule) {
    std::string_view pattern = rules_.text.view(rule.pattern);
    bool splat = find(pattern, splat_mark) < pattern.size();
    uint32_t by = 0;
    for (size_t parts = 0; parts <= (splat ? limits::rules_captures_max + 1 : 0); parts++) {
      for (bool slash : {false, true}) {
        char sample[sample_max];
        Question question;
        if (!write_sample(pattern, parts, slash, sample, question)) continue;
        by = above(question, rule);
        if (by == 0) return 0;
      }
    }
    return by;
  }

  std::optional<Redirect> ask(const Question& question, std::span<char> target) {
    auto found = match_redirect(rules_, question, target);
    visits_ += found ? found->visits : 1;
    if (found) visits_ += (found->target.empty() ? target.size() : found->target.size()) / 16; // the cost of writing it
    return found;
  }

  uint32_t above(Question question, const RedirectRule& below) {
    char target[limits::target_max];
    auto found = ask(question, target);
    if (!found || found->line >= below.line) return 0;
    const RedirectRule& rule = at_line(rules_.redirects, found->line);
    if (!rule.redirects() || found->target.empty()) return rule.line; // empty: it did not fit, and the response is 414
    if (rule.target.has_query) return 0; // a request that has this query already skips the rule
    // So does a request for the path that the rule leads to; if the target is absolute, one for that host.
    std::string_view location = found->target;
    char again[limits::target_max];
    if (rule.target.absolute) {
      bool any_host = question.host.empty();
      location = drop(location, find(location, '/') + 2);
      question.host = take(location, find(location, '/'));
      location = drop(location, question.host.size());
      auto there = any_host ? ask(question, again) : found;
      if (!there || there->line >= below.line) return 0;
    }
    char name[limits::target_max];
    question.path = http::decode_path(take(location, find(location, '#')), name);
    if (question.path.status != http::Status::ok) return rule.line;
    auto there = ask(question, again);
    if (there && there->line <= below.line) return there->line < below.line ? rule.line : 0;
    // No rule without conditions applies. If the rule below has a wildcard, it may match.
    std::string_view pattern = rules_.text.view(below.pattern);
    return below.condition_count > 0 && find(pattern, mark) < pattern.size() ? 0 : rule.line;
  }

  const Rules& rules_;
  Diagnostics& mistakes_;
  uint64_t visits_max_;
  uint64_t visits_ = 0;
};

// Whether directives of Cache-Control (RFC 9111 section 5.2.2) contradict each other.
bool contradicts_itself(std::string_view value) {
  bool never = false; // must not be reused without revalidation
  bool immutable = false;
  bool is_public = false;
  bool is_private = false;
  std::optional<uint64_t> age;
  while (!value.empty()) {
    std::string_view directive = trim(take_until(value, ','));
    never |= equal_ignoring_case(directive, "no-store") || equal_ignoring_case(directive, "no-cache");
    immutable |= equal_ignoring_case(directive, "immutable");
    is_public |= equal_ignoring_case(directive, "public");
    is_private |= equal_ignoring_case(directive, "private");
    size_t sign = find(directive, '=');
    if (sign == directive.size() || !equal_ignoring_case(take(directive, sign), "max-age")) continue;
    auto seconds = parse_decimal(drop(directive, sign + 1));
    if (age && seconds != age) return true;
    age = seconds;
  }
  bool kept = immutable || (age && *age > 0);
  return (never && kept) || (is_public && is_private) || (immutable && age && *age == 0);
}

constexpr char cache_control[] = "cache-control";

std::string_view cache_control_of(std::string_view lines) {
  while (!lines.empty()) {
    size_t end = find(lines, '\r');
    size_t colon = find(lines, ':');
    if (same_name(take(lines, colon), cache_control)) return drop(take(lines, end), colon + 2);
    lines = drop(lines, end + 2);
  }
  return {};
}

} // namespace

void review_rules(const Rules& rules, Diagnostics& mistakes, uint64_t visits_max) {
  Review(rules, mistakes, visits_max).redirects();
  uint64_t visits = 0;
  for (uint32_t i = 1; i < rules.blocks.used && visits <= visits_max; i++) {
    char sample[sample_max];
    Question question;
    if (!write_sample(rules.text.view(rules.blocks[i].pattern), 1, false, sample, question)) continue;
    review_cache_control(rules, question, mistakes);
    visits += rules.block_steps;
  }
}

void review_cache_control(const Rules& rules, const Question& question, Diagnostics& mistakes) {
  char out[limits::fields_bytes];
  Fields fields;
  match_headers(rules, question, out, fields);
  if (!fields.complete) return;
  std::string_view value = cache_control_of(fields.text);
  if (!contradicts_itself(value)) return;
  Diagnostic mistake = {
      .file = Diagnostic::File::headers,
      .warning = true,
      .text =
          "with the Cache-Control of another path that matches too, this one contradicts itself; remove "
          "that first, with `! Cache-Control` above it"};
  for (uint32_t line : fields.lines()) {
    const Block& block = at_line(rules.blocks, line);
    for (uint32_t i = block.fields; i < block.fields + block.field_count; i++) {
      const FieldRule& field = rules.fields[i];
      if (field.detach || !same_name(rules.text.view(field.name), cache_control)) continue;
      mistake.word = rules.text.view(field.value);
      if (equal(mistake.word, value)) return; // a single block says it: no conflict between blocks
      if (mistake.other == 0) mistake.other = line;
      mistake.line = line;
    }
  }
  if (mistake.line == mistake.other) return;
  for (const Diagnostic& kept : mistakes.kept()) {
    if (kept.file == mistake.file && kept.line == mistake.line && kept.other == mistake.other) return;
  }
  mistakes.add(mistake);
}

} // namespace minhttp::rules
