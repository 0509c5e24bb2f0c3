// SPDX-License-Identifier: MIT
#pragma once
// HPACK as RFC 7541 describes it, in the simplest way: a list of strings as table, and Huffman's code bit by bit.

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "h2/huffman.h"
#include "h2/static_table.h"
#include "unit/h2/hpack.h"

namespace minhttp::test {

class HpackModel {
 public:
  explicit HpackModel(uint32_t allowed = limits::hpack_table_initial) : allowed_(allowed) {}

  std::deque<std::pair<std::string, std::string>> table; // the newest entry first
  uint32_t max = limits::hpack_table_initial;

  uint32_t size() const { return static_cast<uint32_t>(size_); }

  void insert(const std::string& name, const std::string& value) {
    table.emplace_front(name, value);
    size_ += name.size() + value.size() + 32;
    evict();
  }

  void resize(uint32_t to) {
    max = to;
    evict();
  }

  std::optional<std::pair<std::string, std::string>> entry(uint64_t index) const {
    if (index == 0 || index > h2::static_count + table.size()) return {};
    if (index > h2::static_count) return table[index - h2::static_count - 1];
    h2::TableEntry found = h2::static_entry(static_cast<uint32_t>(index));
    return std::pair{std::string(found.name), std::string(found.value)};
  }

  // Nothing: the block is malformed.
  std::optional<Fields> decode(std::string_view block) {
    rest_ = block;
    Fields fields;
    for (int updates = 0; updates < 2 && starts_with_update(); updates++) {
      auto to = integer(5);
      if (!to || *to > allowed_) return {};
      resize(static_cast<uint32_t>(*to));
    }
    while (!rest_.empty()) {
      if (starts_with_update()) return {};
      auto field = one();
      if (!field) return {};
      fields.push_back(*field);
    }
    return fields;
  }

 private:
  void evict() {
    for (; size_ > max; table.pop_back()) size_ -= table.back().first.size() + table.back().second.size() + 32;
  }
  bool starts_with_update() const { return !rest_.empty() && (static_cast<unsigned char>(rest_[0]) >> 5) == 1; }

  std::optional<std::pair<std::string, std::string>> one() {
    auto first = static_cast<unsigned char>(rest_[0]);
    if (first >= 0x80) {
      auto index = integer(7);
      return index ? entry(*index) : std::nullopt;
    }
    bool inserts = first >= 0x40;
    auto index = integer(inserts ? 6 : 4);
    if (!index) return {};
    std::optional<std::string> name;
    if (*index == 0) {
      name = string();
    } else if (auto found = entry(*index)) {
      name = found->first;
    }
    if (!name) return {};
    auto value = string();
    if (!value) return {};
    if (inserts) insert(*name, *value);
    return std::pair{*name, *value};
  }

  std::optional<uint64_t> integer(unsigned prefix) {
    if (rest_.empty()) return {};
    uint64_t most = (1U << prefix) - 1;
    uint64_t value = static_cast<unsigned char>(rest_[0]) & most;
    rest_.remove_prefix(1);
    if (value < most) return value;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      if (rest_.empty()) return {};
      auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value += uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return {}; // longer than we take
  }

  std::optional<std::string> string() {
    bool coded = !rest_.empty() && static_cast<unsigned char>(rest_[0]) >= 0x80;
    auto size = integer(7);
    if (!size || *size > rest_.size()) return {};
    std::string text(rest_.substr(0, *size));
    rest_.remove_prefix(*size);
    return coded ? plain(text) : text;
  }

  // The code as a tree: of each node its two children, or -1 - byte for a leaf. The way to EOS, thirty ones, has no
  // end.
  using Tree = std::vector<std::array<int, 2>>;
  static Tree make_tree() {
    Tree tree(1, {0, 0});
    uint32_t next = 0;
    for (unsigned length = 1; length <= 30; length++) {
      next <<= 1;
      for (int byte = 0; byte < 256; byte++) {
        char c = static_cast<char>(byte);
        if (h2::huffman_bits({&c, 1}) != length) continue;
        size_t node = 0;
        for (unsigned bit = length - 1; bit > 0; bit--) {
          size_t side = next >> bit & 1U;
          if (tree[node][side] == 0) {
            tree[node][side] = static_cast<int>(tree.size());
            tree.push_back({0, 0});
          }
          node = static_cast<size_t>(tree[node][side]);
        }
        tree[node][next++ & 1U] = -1 - byte;
      }
    }
    return tree;
  }

  static std::optional<std::string> plain(std::string_view coded) {
    static const Tree tree = make_tree();
    std::string text;
    size_t node = 0;
    unsigned length = 0; // since the last symbol
    bool ones = true;    // nothing else since then
    for (char byte : coded) {
      for (int bit = 7; bit >= 0; bit--) {
        unsigned side = static_cast<unsigned char>(byte) >> bit & 1U;
        int child = tree[node][side];
        if (child == 0) return {}; // EOS
        length++;
        ones = ones && side == 1;
        node = child > 0 ? static_cast<size_t>(child) : 0;
        if (child > 0) continue;
        text += static_cast<char>(-1 - child);
        length = 0;
        ones = true;
      }
    }
    if (length > 7 || !ones) return {};
    return text;
  }

  size_t size_ = 0;
  uint32_t allowed_;
  std::string_view rest_;
};

} // namespace minhttp::test
