// SPDX-License-Identifier: MIT
// The decoder against other implementations: nghttp2's blocks (make_vectors.py), and a simple model of the table with
// blocks by chance.

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <random>

#include "unit/h2/blocks.h"
#include "unit/h2/hpack.h"
#include "unit/h2/model.h"

namespace minhttp::test {
namespace {

TEST(HpackVectors, BlocksOfNghttp2) {
  std::ifstream file(MINHTTP_HPACK_VECTORS);
  std::unique_ptr<HpackPeer> peer;
  std::unique_ptr<HpackModel> model;
  std::string block;
  Fields fields;
  size_t blocks = 0;
  auto check = [&] {
    if (block.empty()) return;
    blocks++;
    ASSERT_EQ(peer->decode(block), fields) << "block " << blocks;
    ASSERT_EQ(model->decode(block), fields);
    ASSERT_EQ(peer->entries(), Fields(model->table.begin(), model->table.end()));
    block.clear();
    fields.clear();
  };
  for (std::string line; std::getline(file, line);) {
    std::string word = line.substr(0, line.find(' '));
    std::string rest = line.size() > word.size() ? line.substr(word.size() + 1) : "";
    if (word == "field") {
      fields.emplace_back(rest.substr(0, rest.find('\t')), rest.substr(rest.find('\t') + 1));
      continue;
    }
    ASSERT_NO_FATAL_FAILURE(check());
    if (word == "table") {
      auto allowed = static_cast<uint32_t>(std::stoul(rest));
      peer = std::make_unique<HpackPeer>(allowed);
      model = std::make_unique<HpackModel>(allowed);
    } else if (word == "block") {
      block = from_hex(rest);
    }
  }
  ASSERT_NO_FATAL_FAILURE(check());
  EXPECT_GE(blocks, 100U);
}

TEST(HpackVectors, HuffmanCodeOfPythonHpack) {
  std::ifstream file(MINHTTP_HPACK_VECTORS);
  size_t strings = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("huffman ")) continue;
    size_t space = line.find(' ', 8);
    std::string plain = from_hex(line.substr(8, space - 8));
    std::string coded = from_hex(line.substr(space + 1));
    strings++;
    std::string out(plain.size(), 0);
    ASSERT_EQ(h2::huffman_decode(coded, out), plain.size());
    ASSERT_EQ(out, plain);
    ASSERT_EQ(huffman(plain), coded);
  }
  EXPECT_GE(strings, 256U);
}

TEST(HpackVectors, BlocksByChance) {
  std::mt19937 random(1);
  size_t refused = 0;
  for (uint32_t allowed : {4096U, 4097U, 6000U, 32768U}) {
    for (int connection = 0; connection < 60; connection++) {
      HpackPeer peer(allowed, 256 * 1024);
      HpackModel model(allowed);
      for (int number = 0; number < 30; number++) {
        std::string block = block_by_chance(random, model, allowed);
        Collector sink;
        h2::Error error = peer.decode(block, sink);
        auto expected = model.decode(block);
        ASSERT_EQ(error == h2::Error::no_error, expected.has_value());
        if (!expected) {
          refused++;
          break;
        }
        ASSERT_EQ(sink.fields, *expected);
        ASSERT_TRUE(sink.too_long.empty());
        ASSERT_EQ(peer.entries(), Fields(model.table.begin(), model.table.end()));
        ASSERT_EQ(peer.table.size(), model.size());
      }
    }
  }
  EXPECT_GT(refused, 10U);
}

} // namespace
} // namespace minhttp::test
