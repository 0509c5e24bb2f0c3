// SPDX-License-Identifier: MIT
// Computes the maximum cost of one look-up when the files are parsed, and refuses files that exceed the limit. So no
// look-up is ever cut short, and no rule ignored.

#include "rules/lines.h"

namespace minhttp::rules {
namespace {

// The conditional rules of one node.
struct Filed {
  uint32_t rules;
  uint32_t longest; // the largest number of rules filed in one group
};

uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// own(node): the steps of a node. Returns the maximum cost of any path; if it exceeds the limit, reports the most
// expensive node.
template <typename Own, typename LineOf>
uint32_t bound(const Trie& paths, Arena& arena, Diagnostics& mistakes, Diagnostic mistake, const Own& own,
               const LineOf& line_of) {
  uint32_t steps = paths.most(arena.take<Trie::Sum>(paths.used()), own);
  if (steps <= limits::rules_steps_max) return steps;
  uint32_t worst = 0;
  for (uint32_t i = 1; i < paths.used(); i++) worst = own(i) > own(worst) ? i : worst;
  mistake.line = line_of(worst);
  mistakes.add(mistake);
  return steps;
}

} // namespace

size_t bound_bytes(size_t nodes) { return Arena::cost<Trie::Sum>(nodes) + Arena::cost<Filed>(nodes); }

void bound_redirects(Arena& arena, Diagnostics& mistakes, Rules& rules) {
  const Trie& paths = rules.redirect_paths;
  auto filed = arena.take<Filed>(paths.used());
  for (Filed& all : filed) all = {};
  for (uint32_t i = 1; i < rules.groups.used; i++) {
    const ConditionGroup& group = rules.groups[i];
    Filed& all = filed[group.node];
    all.rules += group.filed;
    if (group.filed > all.longest) all.longest = group.filed;
  }
  // For each parameter two groups are searched: that of its value and that of any value.
  uint32_t groups = 2 * smaller(rules.names, limits::rules_params_max);
  auto own = [&](uint32_t node) {
    const Filed& all = filed[node];
    uint32_t steps = paths.node(node).first != 0 ? 2 : 1;
    if (all.rules == 0) return steps;
    bool many = all.longest > all.rules / groups;
    return steps + groups + (many ? all.rules : groups * all.longest);
  };
  // The last rule of the longest group; if there is none, the rule without conditions.
  auto line_of = [&](uint32_t node) {
    uint32_t rule = paths.node(node).first;
    for (uint32_t i = 1; i < rules.groups.used; i++) {
      const ConditionGroup& group = rules.groups[i];
      if (group.node == node && group.filed > 0 && group.filed == filed[node].longest) rule = group.last;
    }
    return rules.redirects[rule].line;
  };
  Diagnostic mistake = {.file = Diagnostic::File::redirects,
                        .text =
                            "too many rules for one request (32768 steps at most): rules that share all their "
                            "conditions, or wildcards that stand for the same paths"};
  rules.redirect_steps = bound(paths, arena, mistakes, mistake, own, line_of);
}

void bound_blocks(Arena& arena, Diagnostics& mistakes, Rules& rules) {
  const Trie& paths = rules.block_paths;
  auto own = [&](uint32_t node) {
    uint32_t steps = 1;
    for (uint32_t block = paths.node(node).first; block != 0; block = rules.blocks[block].next) {
      steps += rules.blocks[block].field_count * static_cast<uint32_t>(limits::rules_fields_max);
    }
    return steps;
  };
  auto line_of = [&](uint32_t node) { return rules.blocks[paths.node(node).last].line; };
  Diagnostic mistake = {.file = Diagnostic::File::headers,
                        .text = "too many fields for one path (512 at most, of all blocks that can match it)"};
  rules.block_steps = bound(paths, arena, mistakes, mistake, own, line_of);
}

} // namespace minhttp::rules
