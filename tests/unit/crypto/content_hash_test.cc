// SPDX-License-Identifier: MIT
// The hash that entity tags are made of: the same everywhere, however the bytes are cut, and good enough that versions
// which nobody has made to look alike do not.

#include "crypto/content_hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace minhttp::test {
namespace {

std::string bytes(size_t size, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string text(size, 0);
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

using Pair = std::pair<uint64_t, uint64_t>;
Pair pair_of(const std::string& text) {
  Digest digest = digest_of(text);
  return {digest.high, digest.low};
}

// Replicas of several versions and machines say the same: these never change.
// The figures come from a second program, with integers of any size.
TEST(ContentHash, IsTheSameOnEveryMachine) {
  EXPECT_EQ(pair_of(""), Pair(0x7b0d3ba0cfe364bf, 0xdedb99c8f55f04c1));
  EXPECT_EQ(pair_of("a"), Pair(0x1858a941d990bc7c, 0x185d0939118f323f));
  EXPECT_EQ(pair_of("Hello from assembly!"), Pair(0x4e0f0a54c6213aad, 0x3a479b08a6b1e93f));
  std::string counted(1000, 0);
  for (size_t i = 0; i < counted.size(); i++) counted[i] = static_cast<char>(i * 7);
  EXPECT_EQ(pair_of(counted), Pair(0xe7e305b50136d9de, 0x29cb92d204cec3a0));
}

TEST(ContentHash, PiecesDoNotChangeTheHash) {
  for (size_t size : {0U, 1U, 31U, 32U, 33U, 63U, 64U, 65U, 200U}) {
    std::string text = bytes(size);
    for (size_t first = 0; first <= size; first++) {
      for (size_t second = first; second <= size; second += 5) {
        ContentHash hash;
        hash.add({text.data(), first});
        hash.add({text.data() + first, second - first});
        hash.add({text.data() + second, size - second});
        ASSERT_EQ(hash.digest(), digest_of(text)) << size << " " << first << " " << second;
      }
    }
  }
}

TEST(ContentHash, EveryBitOfEveryBlockReachesHalfOfTheResult) {
  for (size_t size : {1U, 8U, 16U, 31U, 32U, 33U, 64U, 100U, 128U}) {
    std::string text = bytes(size);
    Digest whole = digest_of(text);
    std::vector<int> flips(128);
    int tries = 0;
    for (int seed = 0; seed < 20; seed++) {
      text = bytes(size, static_cast<uint64_t>(seed));
      whole = digest_of(text);
      for (size_t bit = 0; bit < 8 * size; bit++) {
        std::string other = text;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
        Digest digest = digest_of(other);
        int changed = std::popcount(digest.high ^ whole.high) + std::popcount(digest.low ^ whole.low);
        ASSERT_GT(changed, 24) << size << " " << bit;
        ASSERT_LT(changed, 104) << size << " " << bit;
        for (size_t i = 0; i < 64; i++) {
          flips[i] += static_cast<int>((digest.high ^ whole.high) >> i & 1);
          flips[64 + i] += static_cast<int>((digest.low ^ whole.low) >> i & 1);
        }
        tries++;
      }
    }
    // Six standard deviations of a fair coin.
    for (int count : flips) ASSERT_NEAR(count, tries / 2.0, 3 * std::sqrt(tries) + 1) << size;
  }
}

// Of texts that differ in little, 32 bits of either half collide as seldom as random ones do.
void expect_few_collisions(const std::vector<std::string>& texts) {
  for (int part = 0; part < 4; part++) {
    std::set<uint32_t> seen;
    for (const std::string& text : texts) {
      auto [high, low] = pair_of(text);
      seen.insert(static_cast<uint32_t>((part < 2 ? high : low) >> 32 * (part % 2)));
    }
    size_t collisions = texts.size() - seen.size();
    double expected = static_cast<double>(texts.size()) * static_cast<double>(texts.size()) / 2 / 4294967296.0;
    EXPECT_LE(static_cast<double>(collisions), expected + 6 * std::sqrt(expected) + 4) << part;
  }
}

TEST(ContentHash, TextsThatDifferInLittle) {
  std::vector<std::string> texts;
  for (int i = 0; i < 60'000; i++) texts.push_back("<html>release " + std::to_string(i) + "</html>");
  expect_few_collisions(texts);
  texts.clear();
  for (size_t i = 0; i < 4096; i++) texts.emplace_back(i, '\0'); // only their length
  expect_few_collisions(texts);
}

// Two bits of a page of zeros: words that a product of zero would forget.
TEST(ContentHash, SparseTexts) {
  std::vector<std::string> texts;
  for (size_t one = 0; one < 512; one++) {
    for (size_t two = one; two < 512; two += 3) {
      std::string text(64, '\0');
      text[one / 8] = static_cast<char>(text[one / 8] | 1 << one % 8);
      text[two / 8] = static_cast<char>(text[two / 8] | 1 << two % 8);
      texts.push_back(text);
    }
  }
  std::set<std::string> different(texts.begin(), texts.end());
  expect_few_collisions({different.begin(), different.end()});
}

TEST(ContentHash, BlocksThatChangePlaces) {
  std::vector<std::string> texts;
  std::string block[] = {bytes(32, 1), bytes(32, 2), bytes(32, 3), bytes(32, 4)};
  for (int order = 0; order < 65'536; order++) {
    std::string text;
    for (int i = 0; i < 8; i++) text += block[order >> 2 * i & 3];
    texts.push_back(text);
  }
  expect_few_collisions(texts);
}

TEST(ContentHash, CountsWhatItHashes) {
  uint64_t before = cost::counts[static_cast<size_t>(cost::Kind::hashed)];
  digest_of(std::string(100, 'a'));
  EXPECT_EQ(cost::counts[static_cast<size_t>(cost::Kind::hashed)], before + 100);
}

} // namespace
} // namespace minhttp::test
