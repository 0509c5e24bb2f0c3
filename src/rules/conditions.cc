// SPDX-License-Identifier: MIT
// Stores conditions on the query. Names and values are numbered (terms), and rules with conditions are found by their
// path and one of their conditions (groups).

#include "rules/lines.h"
#include "rules/query.h"

namespace minhttp::rules {
namespace {

// FNV-1a, applied to 64-bit values. The hash needs no secret: the operator chooses the keys of the tables, and a client
// only what is looked up, so no client can make chains long for others.
constexpr uint64_t hash_start = 14695981039346656037U;
constexpr uint64_t hash_step(uint64_t hash, uint64_t value) { return (hash ^ value) * 1099511628211U; }

// Mixes in the upper half: the lower bits of a product depend only on the lower bits of its factors.
constexpr size_t hash_end(uint64_t hash) { return hash ^ hash >> 32; }

// The slot that holds it, or the free slot where it belongs. slots: a power of two, half of them free.
template <typename Same>
size_t find_slot(std::span<const uint32_t> slots, uint64_t hash, const Same& same) {
  size_t i = hash_end(hash) & (slots.size() - 1);
  cost::add(cost::Kind::probes);
  while (slots[i] != 0 && !same(slots[i])) {
    i = (i + 1) & (slots.size() - 1);
    cost::add(cost::Kind::probes);
  }
  return i;
}

size_t term_slot(const Rules& rules, uint32_t name, std::string_view sent) {
  uint64_t hash = hash_step(hash_start, name);
  decode(sent, [&](char c) {
    hash = hash_step(hash, static_cast<unsigned char>(c));
    return true;
  });
  return find_slot(rules.term_slots, hash, [&](uint32_t i) {
    return rules.terms[i].name == name && equal_decoded(sent, rules.text.view(rules.terms[i].text));
  });
}

size_t group_slot(const Rules& rules, uint32_t node, const Condition& condition) {
  uint64_t hash = hash_step(hash_step(hash_step(hash_start, node), condition.name), condition.value);
  return find_slot(rules.group_slots, hash, [&](uint32_t i) {
    const ConditionGroup& group = rules.groups[i];
    return group.node == node && group.condition == condition;
  });
}

} // namespace

uint32_t find_term(const Rules& rules, uint32_t name, std::string_view sent) {
  return rules.term_slots[term_slot(rules, name, sent)];
}

uint32_t add_term(Rules& rules, uint32_t name, std::string_view sent) {
  uint32_t& slot = rules.term_slots[term_slot(rules, name, sent)];
  if (slot != 0) return slot;
  rules.text.begin();
  decode(sent, [&](char c) {
    rules.text.byte(c);
    return true;
  });
  slot = rules.terms.used;
  rules.terms.add({.text = rules.text.end(), .name = name});
  rules.names += name == 0 ? 1 : 0;
  return slot;
}

uint32_t find_group(const Rules& rules, uint32_t node, const Condition& condition) {
  return rules.group_slots[group_slot(rules, node, condition)];
}

void count_conditions(Rules& rules, const RedirectRule& rule, uint32_t node) {
  for (uint32_t i = 0; i < rule.condition_count; i++) {
    const Condition& condition = rules.conditions[rule.conditions + i];
    uint32_t& slot = rules.group_slots[group_slot(rules, node, condition)];
    if (slot == 0) {
      slot = rules.groups.used;
      rules.groups.add({.node = node, .condition = condition, .rules = 0, .filed = 0, .first = 0, .last = 0});
    }
    rules.groups[slot].rules++;
  }
}

void file_conditional(Rules& rules, uint32_t number, uint32_t node) {
  RedirectRule& rule = rules.redirects[number];
  uint32_t rarest = 0;
  for (uint32_t i = 0; i < rule.condition_count; i++) {
    uint32_t index = find_group(rules, node, rules.conditions[rule.conditions + i]);
    if (rarest == 0 || rules.groups[index].rules < rules.groups[rarest].rules) rarest = index;
  }
  ConditionGroup& group = rules.groups[rarest];
  (group.first == 0 ? group.first : rules.redirects[group.last].next) = number;
  group.last = number;
  group.filed++;
}

} // namespace minhttp::rules
