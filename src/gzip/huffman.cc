// SPDX-License-Identifier: MIT
#include "gzip/huffman.h"

#include "base/check.h"

namespace minhttp::gzip {

namespace {

constexpr uint32_t symbol_bits = 9;
constexpr uint32_t symbol_mask = (1U << symbol_bits) - 1;
static_assert(literal_symbols <= symbol_mask);

// Shell's sort, with the gaps of Ciura (2001).
void sort(std::span<uint32_t> keys) {
  constexpr std::array<uint8_t, 6> gaps = {132, 57, 23, 10, 4, 1};
  for (uint8_t gap : gaps) {
    for (size_t i = gap; i < keys.size(); i++) {
      uint32_t key = keys[i];
      size_t at = i;
      for (; at >= gap && keys[at - gap] > key; at -= gap) keys[at] = keys[at - gap];
      keys[at] = key;
    }
  }
}

// weights: of the leaves, ascending, at least two. Afterwards the first size - 1 entries are the inner nodes in the
// order in which Huffman's algorithm makes them, each with the index of its parent; the last of them is the root. This
// works in place: when an inner node is made, the leaf whose entry it takes has been used already (Moffat and
// Katajainen, 1995).
void join(std::span<uint32_t> weights) {
  size_t leaf = 0;
  size_t inner = 0; // the next one without a parent
  for (size_t made = 0; made + 1 < weights.size(); made++) {
    uint32_t sum = 0;
    for (int child = 0; child < 2; child++) {
      if (leaf < weights.size() && (inner == made || weights[leaf] <= weights[inner])) {
        sum += weights[leaf++];
      } else {
        sum += weights[inner];
        weights[inner++] = static_cast<uint32_t>(made);
      }
    }
    weights[made] = sum;
  }
}

// Counts the leaves at each depth. nodes: as join() leaves them; overwritten.
// An inner node takes the place of a leaf at its depth and has two leaves below. If that is too deep, the deepest leaf
// that may still have leaves below becomes an inner node instead, so the code stays complete.
void count_depths(std::span<uint32_t> nodes, uint32_t bits_max, std::span<uint32_t> leaves) {
  size_t root = nodes.size() - 2;
  nodes[root] = 0;
  leaves[1] = 2;
  for (size_t i = root; i-- > 0;) {
    uint32_t depth = nodes[nodes[i]] + 1;
    nodes[i] = depth;
    if (depth >= bits_max) {
      depth = bits_max - 1;
      while (leaves[depth] == 0) depth--;
    }
    leaves[depth]--;
    leaves[depth + 1] += 2;
  }
}

} // namespace

void choose_lengths(std::span<const uint32_t> counts, uint32_t bits_max, std::span<uint8_t> lengths) {
  CHECK(counts.size() <= literal_symbols && counts.size() >= 2 && lengths.size() == counts.size());
  std::array<uint32_t, literal_symbols> keys; // count and symbol, the rarest first
  size_t used = 0;
  for (size_t i = 0; i < counts.size(); i++) {
    lengths[i] = 0;
    if (counts[i] != 0) keys[used++] = counts[i] << symbol_bits | static_cast<uint32_t>(i);
  }
  for (uint32_t i = 0; used < 2; i++) {
    if (counts[i] == 0) keys[used++] = i;
  }
  std::span<uint32_t> sorted(keys.data(), used);
  sort(sorted);

  std::array<uint16_t, literal_symbols> symbols;
  for (size_t i = 0; i < used; i++) {
    symbols[i] = static_cast<uint16_t>(sorted[i] & symbol_mask);
    sorted[i] >>= symbol_bits;
  }
  std::array<uint32_t, code_bits_max + 1> leaves = {};
  join(sorted);
  count_depths(sorted, bits_max, leaves);
  size_t next = 0;
  for (uint32_t bits = bits_max; bits > 0; bits--) {
    for (uint32_t i = 0; i < leaves[bits]; i++) lengths[symbols[next++]] = static_cast<uint8_t>(bits);
  }
  CHECK(next == used);
}

void assign_codes(std::span<const uint8_t> lengths, std::span<uint16_t> codes) {
  std::array<uint32_t, code_bits_max + 2> next = {}; // the first code of each length, then the next one to assign
  for (uint8_t bits : lengths) next[bits + 1U]++;
  next[1] = 0; // symbols without a code
  for (size_t bits = 2; bits < next.size(); bits++) next[bits] = (next[bits] + next[bits - 1]) << 1;
  // next[n] has counted the codes of n - 1 bits, and so has become the first code of n bits.
  for (size_t i = 0; i < lengths.size(); i++) {
    uint32_t code = next[lengths[i]]++;
    uint32_t reversed = 0;
    for (uint32_t bits = lengths[i]; bits > 0; bits--) {
      reversed = reversed << 1 | (code & 1);
      code >>= 1;
    }
    codes[i] = static_cast<uint16_t>(reversed);
  }
}

} // namespace minhttp::gzip
