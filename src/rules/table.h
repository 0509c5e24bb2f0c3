// SPDX-License-Identifier: MIT
#pragma once
// How rules are stored after parsing: tables and indexes, no pointers between them. Entry 0 of each table is unused, so
// that 0 means none.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/status.h"
#include "rules/template.h"
#include "rules/trie.h"

namespace minhttp::rules {

// The name of a query parameter, or one of its values, that some condition asks for; decoded. Equal terms are stored
// once, and their index in Rules::terms is their number.
struct Term {
  Piece text;
  uint32_t name; // the number of the name that this is a value of; 0: it is a name
};

// What a rule requires of one query parameter; numbers of terms.
struct Condition {
  uint32_t name;
  uint32_t value; // 0: any value, which is captured

  bool operator==(const Condition&) const = default;
};

struct RedirectRule {
  Piece pattern;
  Target target;
  uint32_t line;
  uint32_t next;       // the next rule of the group; while the file is parsed, the rule's node
  uint32_t conditions; // index of the first one
  uint32_t seen;       // for find_cycles(): the walk that met this rule
  http::Status status;
  uint8_t condition_count;
  bool force;
  bool same;  // serves the requested path itself: no target
  bool http;  // the path was written with http://,
  bool slash; // the path ended with a slash

  // False: it serves a file.
  bool redirects() const { return status != http::Status::ok && status != http::Status::not_found; }
};

// The conditional rules that end at a node and share a condition. Each rule is filed in one of its groups, the one that
// the fewest rules belong to, so that a request meets few rules whose other conditions do not hold.
struct ConditionGroup {
  uint32_t node;
  Condition condition;
  uint32_t rules; // how many rules belong to it
  uint32_t filed; // how many are filed here, in a chain in the order of the file
  uint32_t first;
  uint32_t last;
};

enum class FieldKind : uint8_t { list, single, repeated, kept, stored, refused };

struct FieldRule {
  Piece name;
  Piece value;
  FieldKind kind;
  bool detach;
};

// Field names are case-insensitive.
inline bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

struct Block {
  Piece pattern;
  uint32_t fields; // index of the first one
  uint32_t field_count;
  uint32_t next; // the next block with the same pattern
  uint32_t line;
};

template <typename T>
struct Table {
  std::span<T> memory;
  uint32_t used = 0;

  bool full() const { return used == memory.size(); }
  T& add(const T& entry) {
    CHECK(!full());
    return memory[used++] = entry;
  }
  T& operator[](uint32_t index) { return memory[index]; }
  const T& operator[](uint32_t index) const { return memory[index]; }
};

// Upper bounds of the table sizes that a file needs, counted before it is parsed.
struct RulesNeed {
  size_t rules = 1;
  size_t parts = 1; // conditions, or fields
  size_t wildcards = 0;
  size_t text = 0;
};

struct Rules {
  RuleText text;
  // _redirects. Trie::Node::first: the rule without conditions that ends here; last: 1 if rules with conditions do.
  Trie redirect_paths;
  Table<RedirectRule> redirects;
  Table<Condition> conditions;
  Table<Term> terms;
  std::span<uint32_t> term_slots; // hash table by name and text; 0: free
  Table<ConditionGroup> groups;
  std::span<uint32_t> group_slots; // hash table by node and condition
  uint32_t names = 0;              // number of terms that are names
  // _headers. Trie::Node::first and last: the blocks of this pattern.
  Trie block_paths;
  Table<Block> blocks;
  Table<FieldRule> fields;
  // The most steps that one look-up can cost, in the tree and in what it finds; limits::rules_steps_max bounds both.
  uint32_t redirect_steps = 0;
  uint32_t block_steps = 0;

  bool empty() const { return redirects.used <= 1 && blocks.used <= 1; }
};

// The number of a name (name: 0) or of a value of name. sent: still encoded. 0: no condition asks for it.
uint32_t find_term(const Rules& rules, uint32_t name, std::string_view sent);
uint32_t add_term(Rules& rules, uint32_t name, std::string_view sent);

// The number of the group, or 0.
uint32_t find_group(const Rules& rules, uint32_t node, const Condition& condition);
// First count_conditions() for all rules, then file_conditional() for each, in the order of the file.
void count_conditions(Rules& rules, const RedirectRule& rule, uint32_t node);
void file_conditional(Rules& rules, uint32_t number, uint32_t node);

} // namespace minhttp::rules
