// SPDX-License-Identifier: MIT
#include "rules/rules.h"

#include "rules/lines.h"

namespace minhttp::rules {
namespace {

// The counts here are upper bounds of what will be stored.
size_t count(std::string_view text, char wanted) {
  size_t found = 0;
  for (char c : text) found += c == wanted ? 1 : 0;
  return found;
}

size_t wildcards(std::string_view path) {
  size_t found = count(path, ':') + count(path, '*');
  return found < limits::rules_captures_max ? found : limits::rules_captures_max;
}

RulesNeed need_of_redirects(std::string_view text) {
  RulesNeed need;
  if (text.size() > limits::rules_text_max) return need;
  Lines lines(text);
  while (lines.next()) {
    if (lines.blank() || need.rules > limits::rules_max) continue;
    std::string_view rest = lines.line();
    std::string_view path = take_word(rest);
    size_t conditions = count(rest, '=');
    need.rules++;
    need.parts += conditions < limits::rules_conditions_max ? conditions : limits::rules_conditions_max;
    need.wildcards += wildcards(path);
    // The path, and a part of it reversed; and a target with each byte escaped.
    need.text += 2 * path.size() + 3 * rest.size() + 16;
  }
  return need;
}

RulesNeed need_of_headers(std::string_view text) {
  RulesNeed need;
  if (text.size() > limits::rules_text_max) return need;
  Lines lines(text);
  while (lines.next()) {
    if (lines.blank()) continue;
    need.text += lines.line().size() + 1;
    if (!is_path_line(lines.line())) {
      need.parts += need.parts <= limits::rules_max ? 1 : 0;
    } else if (need.rules <= limits::rules_max) {
      need.rules++;
      need.wildcards += wildcards(lines.line());
      need.text += lines.line().size() + 16;
    }
  }
  return need;
}

size_t nodes_of(const RulesNeed& need) { return Trie::nodes_max(need.rules, need.wildcards); }

// Each condition asks for at most one name and one value.
size_t terms_of(const RulesNeed& need) { return 2 * need.parts - 1; }

size_t slots_of(size_t entries) { return Trie::slots_max(entries); }

std::span<uint32_t> take_slots(Arena& arena, size_t entries) {
  auto slots = arena.take<uint32_t>(slots_of(entries));
  for (uint32_t& slot : slots) slot = 0;
  return slots;
}

size_t conditions_bytes(const RulesNeed& need) {
  return Arena::cost<Condition>(need.parts) + Arena::cost<Term>(terms_of(need)) +
         Arena::cost<uint32_t>(slots_of(terms_of(need))) + Arena::cost<ConditionGroup>(need.parts) +
         Arena::cost<uint32_t>(slots_of(need.parts));
}

size_t larger(size_t a, size_t b) { return a > b ? a : b; }

size_t trie_bytes(const RulesNeed& need) {
  return Arena::cost<Trie::Node>(nodes_of(need)) + Arena::cost<uint32_t>(Trie::slots_max(nodes_of(need)));
}

Trie take_trie(Arena& arena, const RulesNeed& need) {
  auto nodes = arena.take<Trie::Node>(nodes_of(need));
  return {nodes, arena.take<uint32_t>(Trie::slots_max(nodes.size()))};
}

template <typename T>
Table<T> take_table(Arena& arena, size_t size) {
  return {.memory = arena.take<T>(size), .used = 1};
}

} // namespace

void Diagnostics::add(const Diagnostic& mistake) {
  size_t all = size_t{errors_} + warnings_;
  if (all < memory_.size()) {
    memory_[all] = mistake;
    kept_warnings_ += mistake.warning ? 1 : 0;
  } else if (!mistake.warning && kept_warnings_ > 0) {
    size_t at = memory_.size() - 1;
    while (!memory_[at].warning) at--;
    for (; at + 1 < memory_.size(); at++) memory_[at] = memory_[at + 1]; // keeps the order of the files
    memory_[at] = mistake;
    kept_warnings_--;
  }
  uint32_t& number = mistake.warning ? warnings_ : errors_;
  number += number < UINT32_MAX / 2 ? 1 : 0;
}

void write_diagnostic(Writer& out, const Diagnostic& mistake) {
  out.text(mistake.file == Diagnostic::File::redirects ? "_redirects:"sv : "_headers:"sv);
  if (mistake.line > 0) out.decimal(mistake.line).byte(':');
  out.byte(' ').text(mistake.warning ? "warning: "sv : ""sv).text(mistake.text);
  if (mistake.other > 0) out.text(" (line ").decimal(mistake.other).byte(')');
  if (!mistake.word.empty()) {
    constexpr size_t shown = 60;
    out.text(": '");
    for (char c : take(mistake.word, mistake.word.size() < shown ? mistake.word.size() : shown)) {
      auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f && c != '\'' && c != '\\') {
        out.byte(c);
      } else {
        out.text("\\x").byte("0123456789abcdef"[byte >> 4]).byte("0123456789abcdef"[byte & 15]);
      }
    }
    out.text(mistake.word.size() > shown ? "...'"sv : "'"sv);
  }
  out.byte('\n');
}

size_t rules_bytes(std::string_view redirects, std::string_view headers) {
  RulesNeed r = need_of_redirects(redirects);
  RulesNeed h = need_of_headers(headers);
  return trie_bytes(r) + trie_bytes(h) + Arena::cost<RedirectRule>(r.rules) + conditions_bytes(r) +
         Arena::cost<Block>(h.rules) + Arena::cost<FieldRule>(h.parts) + r.text + h.text +
         bound_bytes(larger(nodes_of(r), nodes_of(h)));
}

bool parse_rules(std::string_view redirects, std::string_view headers, std::span<std::byte> memory,
                 Diagnostics& mistakes, Rules& rules, std::string_view own_host) {
  RulesNeed r = need_of_redirects(redirects);
  RulesNeed h = need_of_headers(headers);
  Arena arena(memory);
  rules = {};
  rules.redirect_paths = take_trie(arena, r);
  rules.block_paths = take_trie(arena, h);
  rules.redirects = take_table<RedirectRule>(arena, r.rules);
  rules.conditions = take_table<Condition>(arena, r.parts);
  rules.terms = take_table<Term>(arena, terms_of(r));
  rules.term_slots = take_slots(arena, terms_of(r));
  rules.groups = take_table<ConditionGroup>(arena, r.parts);
  rules.groups[0] = {}; // "no group" has an empty chain
  rules.group_slots = take_slots(arena, r.parts);
  rules.blocks = take_table<Block>(arena, h.rules);
  rules.fields = take_table<FieldRule>(arena, h.parts);
  rules.text = RuleText(arena.take<char>(r.text + h.text));
  uint32_t before = mistakes.errors();
  parse_redirects(redirects, own_host, mistakes, rules);
  parse_headers(headers, own_host, mistakes, rules);
  // Both use the same scratch memory, which is not needed afterwards.
  if (mistakes.errors() == before) {
    Arena scratch = arena;
    bound_redirects(scratch, mistakes, rules);
    scratch = arena;
    bound_blocks(scratch, mistakes, rules);
  }
  if (mistakes.errors() == before) find_cycles(mistakes, rules);
  bool ok = mistakes.errors() == before;
  if (!ok) rules = {};
  return ok;
}

} // namespace minhttp::rules
