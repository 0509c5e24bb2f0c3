// SPDX-License-Identifier: MIT
#pragma once
// Header blocks by chance: all representations, sizes at which entries are evicted, and now and then something
// malformed.

#include <random>
#include <string>

#include "h2/huffman.h"
#include "unit/h2/model.h"

namespace minhttp::test {

inline std::string huffman(std::string_view text) {
  std::string out(h2::huffman_size(text), 0);
  h2::HuffmanEncoder encoder(out);
  encoder.add(text);
  encoder.finish();
  return out;
}

inline std::string hpack_integer(unsigned prefix, unsigned pattern, uint64_t value) {
  uint64_t most = (1U << prefix) - 1;
  if (value < most) return {static_cast<char>(pattern | value)};
  std::string out = {static_cast<char>(pattern | most)};
  for (value -= most; value >= 128; value /= 128) out += static_cast<char>(value % 128 + 128);
  return out + static_cast<char>(value);
}

inline std::string hpack_string(std::string_view text, bool coded) {
  if (!coded) return hpack_integer(7, 0, text.size()) + std::string(text);
  std::string bytes = huffman(text);
  return hpack_integer(7, 0x80, bytes.size()) + bytes;
}

// model: of the connection; it is not changed.
inline std::string block_by_chance(std::mt19937& random, const HpackModel& model, uint32_t allowed) {
  auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  auto text = [&] {
    size_t longest = below(20) == 0 ? 3000 : 30;
    std::string made(below(longest), 'a');
    for (char& c : made) c = static_cast<char>(below(10) == 0 ? below(256) : 'a' + below(26));
    return made;
  };
  std::string block;
  while (below(10) == 0) block += hpack_integer(5, 0x20, below(3) == 0 ? allowed - below(2) : below(allowed));
  size_t entries = h2::static_count + model.table.size();
  for (size_t fields = below(8); fields > 0; fields--) {
    size_t kind = below(4);
    if (kind == 0) {
      block += hpack_integer(7, 0x80, 1 + below(entries));
      continue;
    }
    size_t index = below(2) == 0 ? 0 : 1 + below(entries);
    block += kind < 3 ? hpack_integer(6, 0x40, index) : hpack_integer(4, below(2) == 0 ? 0 : 0x10, index);
    if (index == 0) block += hpack_string(text(), below(2) == 0);
    block += hpack_string(text(), below(2) == 0);
    if (kind < 3 && below(3) != 0) entries++; // else the next index could be one that does not exist yet
  }
  if (below(60) == 0 && !block.empty()) block[below(block.size())] ^= static_cast<char>(1 << below(8));
  return block;
}

} // namespace minhttp::test
