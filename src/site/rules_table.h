#pragma once
// How rules lie in memory once they are read: tables and numbers, no pointers between them.
// Entry 0 of a table is nobody, so that 0 can mean none.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/status.h"
#include "site/template.h"
#include "site/trie.h"

namespace minhttp::site {

// What a rule asks of one parameter of the query; key and value are decoded.
struct Condition {
  Piece key;
  Piece value;
  bool any; // any value will do, and is captured
};

struct RedirectRule {
  Piece pattern;
  Target target;
  uint32_t line;
  uint32_t next;       // with the same pattern and first condition
  uint32_t conditions; // its first
  uint32_t seen;       // while looking for circles
  http::Status status;
  uint8_t condition_count;
  bool force;
  bool same; // serves what was asked for; no target

  // Else it serves something itself.
  bool redirects() const { return status != http::Status::ok && status != http::Status::not_found; }
};

// Rules with conditions, by their node and the condition that finds them: one with a value,
// if they have one.
struct ConditionSlot {
  uint32_t node; // and 1
  uint32_t hash;
  uint32_t first;
  uint32_t last;
};

enum class FieldKind : uint8_t { list, single, repeated, kept, refused };

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
  std::span<ConditionSlot> condition_slots;
  // _headers. Trie::Node::first and last: the blocks of this pattern.
  Trie block_paths;
  Table<Block> blocks;
  Table<FieldRule> fields;

  bool empty() const { return redirects.used <= 1 && blocks.used <= 1; }
};

// The slot of rules with this node and condition (no value: any); its first is 0 where there
// are none yet.
uint32_t condition_hash(uint32_t node, std::string_view key, std::optional<std::string_view> value);
const ConditionSlot* find_conditions(const Rules& rules, uint32_t node, uint32_t hash);

} // namespace minhttp::site
