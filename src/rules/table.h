// SPDX-License-Identifier: MIT
#pragma once
// How rules lie in memory once they are read: tables and numbers, no pointers between them.
// Entry 0 of a table is nobody, so that 0 can mean none.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/status.h"
#include "rules/template.h"
#include "rules/trie.h"

namespace minhttp::rules {

// The name of a parameter of the query, or a value of it, that some condition asks for; decoded. Wherever it is
// asked for it is the same number, its place in Rules::terms.
struct Term {
  Piece text;
  uint32_t name; // whose value it is; 0: it is a name
};

// What a rule asks of one parameter of the query; terms.
struct Condition {
  uint32_t name;
  uint32_t value; // 0: any will do, and is captured

  bool operator==(const Condition&) const = default;
};

struct RedirectRule {
  Piece pattern;
  Target target;
  uint32_t line;
  uint32_t next;       // of its group; while the file is read, its node
  uint32_t conditions; // its first
  uint32_t seen;       // while looking for circles
  http::Status status;
  uint8_t condition_count;
  bool force;
  bool same;  // serves what was asked for; no target
  bool http;  // the path was written with http://,
  bool slash; // with a slash at its end

  // Else it serves something itself.
  bool redirects() const { return status != http::Status::ok && status != http::Status::not_found; }
};

// The rules that end at a node and have a condition. Each rule is filed in one of its groups: that which the fewest
// rules belong to, so that a request meets few rules that ask for something else, too.
struct ConditionGroup {
  uint32_t node;
  Condition condition;
  uint32_t rules; // that belong to it
  uint32_t filed; // those that are looked for here: a chain, in the order of the file
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

// Names of fields know no case.
inline bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

struct Block {
  Piece pattern;
  uint32_t fields; // its first
  uint32_t field_count;
  uint32_t next; // with the same pattern
  uint32_t line;
};

template <typename T>
struct Table {
  std::span<T> room;
  uint32_t used = 0;

  bool full() const { return used == room.size(); }
  T& add(const T& entry) {
    CHECK(!full());
    return room[used++] = entry;
  }
  T& operator[](uint32_t index) { return room[index]; }
  const T& operator[](uint32_t index) const { return room[index]; }
};

// How much of each a file may need, counted before it is read.
struct RulesNeed {
  size_t rules = 1;
  size_t parts = 1; // conditions, or fields
  size_t wildcards = 0;
  size_t text = 0;
};

struct Rules {
  RuleText text;
  // _redirects. Trie::Node::first: the rule without conditions; last: 1 where others begin.
  Trie redirect_paths;
  Table<RedirectRule> redirects;
  Table<Condition> conditions;
  Table<Term> terms;
  std::span<uint32_t> term_slots; // by name and text; 0: free
  Table<ConditionGroup> groups;
  std::span<uint32_t> group_slots; // by node and condition
  uint32_t names = 0;              // that conditions ask for
  // _headers. Trie::Node::first and last: the blocks of this pattern.
  Trie block_paths;
  Table<Block> blocks;
  Table<FieldRule> fields;
  // The most steps that the trees, and what is found in them, cost one look-up; limits::rules_steps_max bounds both.
  uint32_t redirect_steps = 0;
  uint32_t block_steps = 0;

  bool empty() const { return redirects.used <= 1 && blocks.used <= 1; }
};

// The number of the name (name: 0) or of the value that is sent, which is not yet decoded; 0: no condition asks for it.
uint32_t find_term(const Rules& rules, uint32_t name, std::string_view sent);
uint32_t add_term(Rules& rules, uint32_t name, std::string_view sent);

// The number of the group, or 0.
uint32_t find_group(const Rules& rules, uint32_t node, const Condition& condition);
// First all rules are counted, then filed, in the order of the file.
void count_conditions(Rules& rules, const RedirectRule& rule, uint32_t node);
void file_conditional(Rules& rules, uint32_t number, uint32_t node);

} // namespace minhttp::rules
