// SPDX-License-Identifier: MIT
#include "gzip/huffman.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "unit/gzip/inputs.h"

namespace minhttp::gzip {
namespace {

std::vector<uint8_t> lengths_of(const std::vector<uint32_t>& counts, uint32_t bits_max) {
  std::vector<uint8_t> lengths(counts.size());
  choose_lengths(counts, bits_max, lengths);
  return lengths;
}

uint64_t cost(const std::vector<uint32_t>& counts, const std::vector<uint8_t>& lengths) {
  return std::inner_product(counts.begin(), counts.end(), lengths.begin(), uint64_t{0});
}

void expect_complete(const std::vector<uint8_t>& lengths, uint32_t bits_max) {
  uint64_t sum = 0;
  for (uint8_t length : lengths) {
    EXPECT_LE(length, bits_max);
    if (length != 0) sum += uint64_t{1} << (bits_max - length);
  }
  EXPECT_EQ(sum, uint64_t{1} << bits_max);
}

// The least that a code of limited length can cost: package-merge (Larmore and Hirschberg, 1990). Its cost is the sum
// of all packages taken.
uint64_t least_cost(std::vector<uint32_t> counts, uint32_t bits_max) {
  std::erase(counts, 0U);
  std::sort(counts.begin(), counts.end());
  std::vector<uint64_t> leaves(counts.begin(), counts.end());
  std::vector<uint64_t> packages;
  for (uint32_t level = 0; level < bits_max; level++) {
    std::vector<uint64_t> merged;
    std::merge(leaves.begin(), leaves.end(), packages.begin(), packages.end(), std::back_inserter(merged));
    if (level + 1 == bits_max)
      return std::accumulate(merged.begin(), merged.begin() + 2 * (static_cast<long>(leaves.size()) - 1), uint64_t{0});
    packages.clear();
    for (size_t i = 0; i + 1 < merged.size(); i += 2) packages.push_back(merged[i] + merged[i + 1]);
  }
  return 0;
}

std::vector<uint32_t> drawn(const std::string& bytes, size_t symbols, uint32_t shift) {
  std::vector<uint32_t> counts(symbols);
  for (size_t i = 0; i < symbols; i++) {
    auto byte = static_cast<uint8_t>(bytes[i]);
    counts[i] = byte >> 6 == 0 ? 0 : 1 + (static_cast<uint32_t>(byte) << (i % shift));
  }
  return counts;
}

TEST(Huffman, IsOptimalWhereTheLengthLimitDoesNotMatter) {
  for (uint32_t seed = 0; seed < 50; seed++) {
    std::vector<uint32_t> counts = drawn(test::random_bytes(40, seed), 40, 3);
    std::vector<uint8_t> lengths = lengths_of(counts, code_bits_max);
    expect_complete(lengths, code_bits_max);
    EXPECT_EQ(cost(counts, lengths), least_cost(counts, code_bits_max)) << seed;
    for (size_t i = 0; i < counts.size(); i++) EXPECT_EQ(lengths[i] == 0, counts[i] == 0);
  }
}

TEST(Huffman, IsNearlyOptimalWhereTheLengthLimitMatters) {
  for (uint32_t seed = 0; seed < 50; seed++) {
    for (auto [symbols, bits_max] : {std::pair(19U, precode_bits_max), std::pair(286U, code_bits_max)}) {
      std::vector<uint32_t> counts = drawn(test::random_bytes(symbols, seed), symbols, 13);
      std::vector<uint8_t> lengths = lengths_of(counts, bits_max);
      expect_complete(lengths, bits_max);
      EXPECT_LE(cost(counts, lengths) * 100, least_cost(counts, bits_max) * 106) << seed << " " << symbols;
    }
  }
  std::vector<uint32_t> fibonacci = {1, 1};
  while (fibonacci.size() < 28) fibonacci.push_back(fibonacci.back() + fibonacci.end()[-2]);
  expect_complete(lengths_of(fibonacci, code_bits_max), code_bits_max);
  fibonacci.resize(19);
  expect_complete(lengths_of(fibonacci, precode_bits_max), precode_bits_max);
}

TEST(Huffman, ACodeIsCompleteWithOneSymbolAndWithNone) {
  EXPECT_EQ(lengths_of({0, 0, 0}, 15), (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(lengths_of({7, 0, 0}, 15), (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(lengths_of({0, 7, 0}, 15), (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(lengths_of({0, 0, 7}, 15), (std::vector<uint8_t>{1, 0, 1}));
}

TEST(Huffman, AsManySymbolsAsFit) {
  EXPECT_EQ(lengths_of(std::vector<uint32_t>(128, 1), precode_bits_max), std::vector<uint8_t>(128, 7));
  std::vector<uint32_t> counts(literal_symbols, 1);
  counts[3] = 1 << 20;
  std::vector<uint8_t> lengths = lengths_of(counts, code_bits_max);
  expect_complete(lengths, code_bits_max);
  EXPECT_EQ(lengths[3], 1);
}

// RFC 1951 section 3.2.2 has this example.
TEST(Huffman, CodesOfTheRfc) {
  std::vector<uint8_t> lengths = {3, 3, 3, 3, 3, 2, 4, 4};
  std::vector<uint16_t> codes(8);
  assign_codes(lengths, codes);
  EXPECT_EQ(codes, (std::vector<uint16_t>{0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111})); // reversed
}

} // namespace
} // namespace minhttp::gzip
