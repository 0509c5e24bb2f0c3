// SPDX-License-Identifier: MIT
#pragma once
// A tree of path patterns: a look-up visits only those that begin like the path.
//
// A node's label is the literal text between it and its parent. Where a pattern has a placeholder or a splat, the node
// leads to a second, backward tree: it holds what follows the wildcard, up to the end of the segment or of the path,
// read from its end. So both ends of a wildcard are compared in place, without trying every position, and no node is
// entered twice. The cost of a look-up is bounded by the size of the tree, and in practice by the number of patterns
// that begin like the path.
//
//   /blog/*       "/blog/" -splat-> ""
//   /*.jpg        "/" -splat-> "/gpj."          (a path ends with a slash here, see rules.h)
//   /:lang/x      "/" -one-> "" -> "/x/"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "rules/text.h"

namespace minhttp::rules {

class Trie {
 public:
  struct Node {
    Piece label;
    uint32_t parent; // of a tree's first node, whose label is empty: the node that leads to it
    uint32_t one;    // the backward tree of a placeholder here, or 0
    uint32_t splat;  // the same for a splat
    uint32_t next;   // in a placeholder's backward tree: where the pattern continues, or 0
    uint32_t first;  // for the caller, 0 at first: what ends here
    uint32_t last;
  };

  // An upper bound of the nodes for so many patterns, which have so many wildcards in total.
  static constexpr size_t nodes_max(size_t patterns, size_t wildcards) { return 1 + 2 * patterns + 6 * wildcards; }
  static constexpr size_t slots_max(size_t nodes) {
    size_t slots = 2;
    while (slots < 2 * nodes) slots *= 2;
    return slots;
  }

  Trie() = default;
  // nodes: room for nodes_max(). slots: slots_max() of them. Neither needs to be cleared.
  Trie(std::span<Node> nodes, std::span<uint32_t> slots);

  Node& node(uint32_t index) { return nodes_[index]; }
  const Node& node(uint32_t index) const { return nodes_[index]; }

  uint32_t used() const { return used_; }

  // The maximum cost of one look-up, if a visit of each node costs own(node). A look-up enters at most one of the
  // children of a node, but all trees that the node leads to. memory: used() elements.
  struct Sum {
    uint32_t waiting; // children that are not yet summed up
    uint32_t child;   // cost of the most expensive child
    uint32_t trees;
  };
  template <typename Own>
  uint32_t most(std::span<Sum> memory, const Own& own) const {
    for (uint32_t i = 0; i < used_; i++) memory[i] = {};
    for (uint32_t i = 1; i < used_; i++) memory[nodes_[i].parent].waiting++;
    for (uint32_t start = 1; start < used_; start++) {
      for (uint32_t at = start; at != 0 && memory[at].waiting == 0;) {
        uint32_t all = own(at) + memory[at].child + memory[at].trees;
        memory[at].waiting = UINT32_MAX; // done
        bool tree = nodes_[at].label.size == 0;
        at = nodes_[at].parent;
        memory[at].waiting--;
        if (tree) {
          memory[at].trees += all;
        } else if (all > memory[at].child) {
          memory[at].child = all;
        }
      }
    }
    return own(0) + memory[0].child + memory[0].trees;
  }

  // Adds a pattern; returns the node where it ends.
  uint32_t add(RuleText& text, Piece pattern);

  // Calls found(node) for every pattern that matches path, in no particular order; path ends with '/'. visits is
  // incremented for every node that is visited. host_size: the number of bytes of path before its first slash.
  template <typename Found>
  void find(const RuleText& text, std::string_view path, size_t host_size, uint32_t& visits, const Found& found) const {
    if (nodes_.empty()) return;
    forward(Search<Found>{.text = text, .path = path, .host_size = host_size, .visits = visits, .found = found}, 0, 0);
  }

 private:
  template <typename Found>
  struct Search {
    const RuleText& text;
    std::string_view path;
    size_t host_size;
    uint32_t& visits;
    const Found& found;
  };

  uint32_t new_node(uint32_t parent, Piece label);
  uint32_t detached(uint32_t owner) { return new_node(owner, {}); }
  uint32_t add_literal(const RuleText& text, uint32_t from, Piece label);
  uint32_t split(const RuleText& text, uint32_t index, uint32_t size);
  void put(const RuleText& text, uint32_t index);

  // The hash needs no secret: the operator chooses the keys of the table, and a client only what is looked up, so no
  // client can make chains long for others.
  size_t slot(uint32_t parent, char first) const {
    uint64_t key = uint64_t{parent} << 8 | static_cast<unsigned char>(first);
    return (key * 0x9e3779b97f4a7c15U >> 32) & (slots_.size() - 1);
  }
  uint32_t child(const RuleText& text, uint32_t parent, char first) const {
    for (size_t i = slot(parent, first);; i = (i + 1) & (slots_.size() - 1)) {
      cost::add(cost::Kind::probes);
      uint32_t index = slots_[i];
      if (index == 0) return 0;
      if (nodes_[index].parent == parent && text.at(nodes_[index].label.start) == first) return index;
    }
  }

  // Walks down from node `at`, with path matched up to `place`. Recursive, once for each placeholder of a pattern: at
  // most limits::rules_captures_max deep.
  template <typename Found>
  void forward(const Search<Found>& search, uint32_t at, size_t place) const {
    std::string_view path = search.path;
    while (true) {
      search.visits++;
      cost::add(cost::Kind::nodes);
      const Node& here = nodes_[at];
      size_t end = here.one == 0 ? place : place + part_end(drop(path, place), place < search.host_size);
      if (end > place && end < path.size()) {
        backward(search, here.one, place + 1, end, [&](uint32_t index) {
          if (nodes_[index].next != 0) forward(search, nodes_[index].next, end);
        });
      }
      if (here.splat != 0) backward(search, here.splat, place, path.size(), search.found);
      if (place == path.size()) return search.found(at);
      at = child(search.text, at, path[place]);
      if (at == 0) return;
      std::string_view label = search.text.view(nodes_[at].label);
      if (!starts_with(drop(path, place), label)) return;
      place += label.size();
    }
  }

  // Walks down a backward tree along path[from, to), from its end.
  template <typename Found, typename Step>
  void backward(const Search<Found>& search, uint32_t at, size_t from, size_t to, const Step& step) const {
    while (true) {
      search.visits++;
      cost::add(cost::Kind::nodes);
      step(at);
      if (to == from) return;
      at = child(search.text, at, search.path[to - 1]);
      if (at == 0) return;
      std::string_view label = search.text.view(nodes_[at].label);
      if (label.size() > to - from) return;
      cost::add(cost::Kind::bytes, label.size());
      for (char c : label) {
        if (search.path[--to] != c) return;
      }
    }
  }

  std::span<Node> nodes_;
  std::span<uint32_t> slots_; // hash table by (parent, first byte of the label); 0: free
  uint32_t used_ = 0;
};

} // namespace minhttp::rules
