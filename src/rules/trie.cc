// SPDX-License-Identifier: MIT
#include "rules/trie.h"

namespace minhttp::rules {

Trie::Trie(std::span<Node> nodes, std::span<uint32_t> slots) : nodes_(nodes), slots_(slots) {
  for (uint32_t& slot : slots_) slot = 0;
  detached(0); // the root is node 0, which is no node's child
}

uint32_t Trie::new_node(uint32_t parent, Piece label) {
  CHECK(used_ < nodes_.size());
  nodes_[used_] = {.label = label, .parent = parent, .one = 0, .splat = 0, .next = 0, .first = 0, .last = 0};
  return used_++;
}

void Trie::put(const RuleText& text, uint32_t index) {
  size_t i = slot(nodes_[index].parent, text.at(nodes_[index].label.start));
  while (slots_[i] != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = index;
}

// Splits a node: a new node takes its place with the first size bytes of its label. The old node keeps its number, and
// so its children.
uint32_t Trie::split(const RuleText& text, uint32_t index, uint32_t size) {
  Node& lower = nodes_[index];
  uint32_t upper = new_node(lower.parent, {.start = lower.label.start, .size = size});
  size_t i = slot(lower.parent, text.at(lower.label.start));
  while (slots_[i] != index) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = upper;
  lower.parent = upper;
  lower.label.start += size;
  lower.label.size -= size;
  put(text, index);
  return upper;
}

uint32_t Trie::add_literal(const RuleText& text, uint32_t from, Piece label) {
  while (label.size > 0) {
    uint32_t index = child(text, from, text.at(label.start));
    if (index == 0) {
      index = new_node(from, label);
      put(text, index);
      return index;
    }
    std::string_view wanted = text.view(label);
    std::string_view known = text.view(nodes_[index].label);
    uint32_t same = 0;
    while (same < wanted.size() && same < known.size() && wanted[same] == known[same]) same++;
    if (same < known.size()) index = split(text, index, same);
    from = index;
    label.start += same;
    label.size -= same;
  }
  return from;
}

uint32_t Trie::add(RuleText& text, Piece pattern) {
  uint32_t at = 0;
  bool in_host = pattern.size > 0 && text.at(pattern.start) != '/';
  auto shorten = [&](size_t size) {
    pattern.start += static_cast<uint32_t>(size);
    pattern.size -= static_cast<uint32_t>(size);
  };
  while (true) {
    auto literal = static_cast<uint32_t>(minhttp::find(text.view(pattern), mark));
    in_host = in_host && minhttp::find(take(text.view(pattern), literal), '/') == literal;
    at = add_literal(text, at, {.start = pattern.start, .size = literal});
    shorten(literal);
    if (pattern.size == 0) return at;
    bool splat = text.view(pattern)[1] == splat_mark;
    shorten(2);
    size_t behind = splat ? pattern.size : part_end(text.view(pattern), in_host);
    Piece reversed = text.add_reversed(take(text.view(pattern), behind));
    uint32_t tree = splat ? nodes_[at].splat : nodes_[at].one;
    if (tree == 0) {
      tree = detached(at);
      (splat ? nodes_[at].splat : nodes_[at].one) = tree;
    }
    at = add_literal(text, tree, reversed);
    if (splat) return at;
    if (nodes_[at].next == 0) {
      uint32_t next = detached(at);
      nodes_[at].next = next;
    }
    at = nodes_[at].next;
    shorten(behind);
  }
}

} // namespace minhttp::rules
