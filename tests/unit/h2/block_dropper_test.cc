// SPDX-License-Identifier: MIT
// Fields that nobody wants, in pieces: the table must become what it would have become in one piece.

#include "h2/block_dropper.h"

#include <gtest/gtest.h>

#include "unit/h2/blocks.h"
#include "unit/h2/hpack.h"

namespace minhttp::test {
namespace {

using h2::BlockDropper;
using h2::Error;

// Passes the bytes on as a session does. What it holds back must fit the memory for a block.
class Dropping {
 public:
  explicit Dropping(uint32_t allowed = limits::hpack_table_initial) : peer(allowed) {}

  Error add(std::string_view bytes) {
    left_ += bytes;
    std::vector<char> copy(left_.begin(), left_.end()); // of the exact size, for AddressSanitizer
    size_t used = 0;
    Error error = dropper_.drop({copy.data(), copy.size()}, peer.table, scratch_, used);
    left_.erase(0, used);
    EXPECT_LT(left_.size(), limits::head_max);
    return error;
  }
  // The whole block, in pieces of so many bytes.
  Error drop(std::string_view block, size_t piece) {
    for (; !block.empty(); block.remove_prefix(std::min(piece, block.size()))) {
      if (Error error = add(block.substr(0, piece)); error != Error::no_error) return error;
    }
    return left_.empty() && dropper_.between_fields() ? Error::no_error : Error::compression_error;
  }

  HpackPeer peer;

 private:
  BlockDropper dropper_;
  std::vector<char> scratch_ = std::vector<char>(limits::hpack_table_max);
  std::string left_;
};

std::string kept(std::string_view name, std::string_view value, bool coded = false) {
  return hpack_integer(6, 0x40, 0) + hpack_string(name, coded) + hpack_string(value, coded);
}

// Fields whose strings are longer than what is held back, in each representation.
const std::vector<std::pair<const char*, std::string>>& long_fields() {
  static const std::string text(20'000, 'x');
  static const std::vector<std::pair<const char*, std::string>> all = {
      {"value", kept("a", text)},
      {"coded value", kept("a", text, true)},
      {"value of the rarest letters", kept("a", std::string(6'000, '\x16'), true)},
      {"name", kept(text, "b")},
      {"name without value", kept(text, "")},
      {"coded name and value", kept(text, text, true)},
      {"both together", kept(std::string(9'000, 'n'), std::string(9'000, 'v'))},
      {"name of the static table", hpack_integer(6, 0x40, 32) + hpack_string(text, false)},
      {"name of the dynamic table", hpack_integer(6, 0x40, 62) + hpack_string(text, false)},
      {"not kept", hpack_integer(4, 0, 0) + hpack_string(text, false) + hpack_string(text, false)},
      {"never kept", hpack_integer(4, 0x10, 32) + hpack_string(text, true)},
  };
  return all;
}

TEST(BlockDropper, LongFieldsEmptyTheTableOrLeaveIt) {
  for (const auto& [name, field] : long_fields()) {
    bool empties = (field[0] & 0x40) != 0;
    Fields expected = {{"behind", "it"}};
    if (!empties) expected.emplace_back("before", "it");
    std::string block = kept("before", "it") + field + kept("behind", "it");
    for (size_t piece : {size_t{1}, size_t{2}, size_t{100}, size_t{4'096}, size_t{16'000}, block.size()}) {
      if (piece == block.size()) continue; // longer than what is passed at once
      Dropping dropping;
      EXPECT_EQ(dropping.drop(block, piece), Error::no_error) << name << ", " << piece;
      EXPECT_EQ(dropping.peer.entries(), expected) << name << ", " << piece;
    }
  }
}

TEST(BlockDropper, LongFieldsMayBeCutAnywhereNearTheirLengths) {
  for (const auto& [name, field] : long_fields()) {
    std::string block = kept("before", "it") + field + kept("behind", "it");
    for (size_t cut = 1; cut < 40; cut++) {
      Dropping dropping;
      ASSERT_EQ(dropping.add(std::string_view(block).substr(0, cut)), Error::no_error) << name << ", " << cut;
      ASSERT_EQ(dropping.drop(std::string_view(block).substr(cut), 15'000), Error::no_error) << name << ", " << cut;
      ASSERT_EQ(dropping.peer.entries().front(), (Fields::value_type{"behind", "it"})) << name << ", " << cut;
    }
  }
}

TEST(BlockDropper, ABlockThatEndsInsideALongFieldIsMalformed) {
  for (const auto& [name, field] : long_fields()) {
    std::string_view block = field;
    for (size_t less : {size_t{1}, size_t{100}, field.size() - 3}) {
      Dropping dropping;
      ASSERT_EQ(dropping.drop(kept("before", "it") + std::string(block.substr(0, block.size() - less)), 1'000),
                Error::compression_error)
          << name << ", without the last " << less;
    }
  }
}

TEST(BlockDropper, AnEntryThatMayFitALargerTableEndsTheConnection) {
  std::string text(20'000, 'x');
  for (const auto& [block, expected] : std::vector<std::pair<std::string, Error>>{
           {kept("a", text), Error::enhance_your_calm},
           {kept(text, "a"), Error::enhance_your_calm},
           {kept("a", std::string(32'736, 'x')), Error::no_error}, // with its overhead larger than the table
           {kept("a", std::string(32'735, 'x')), Error::enhance_your_calm},
           {hpack_integer(4, 0, 0) + hpack_string("a", false) + hpack_string(text, false), Error::no_error},
       }) {
    Dropping dropping(limits::hpack_table_max);
    dropping.peer.table.resize(limits::hpack_table_max);
    EXPECT_EQ(dropping.drop(block, 1'000), expected) << block.size();
  }
}

TEST(BlockDropper, NumbersThatAreTooLongAreMalformed) {
  std::string endless(5, '\xff');
  for (const std::string& block : {
           "\xff" + endless, "\x7f" + endless, "\x0f" + endless, "\x40\x7f" + endless,
           std::string("\x40\x01x\x7f") + endless,
           std::string("\x40\x7f\xff\x7f") + std::string(16'510, 'n') + '\x7f' + endless, // the value of a skipped name
       }) {
    for (size_t piece : {size_t{1}, size_t{7}, size_t{1'000}})
      EXPECT_EQ(Dropping().drop(block, piece), Error::compression_error) << block.size();
  }
}

TEST(BlockDropper, ALongNameMayBeThereWhole) {
  Dropping dropping;
  std::string name(BlockDropper::field_max + 1, 'n');
  ASSERT_EQ(dropping.add("\x40" + hpack_string(name, false)), Error::no_error);
  ASSERT_EQ(dropping.add(hpack_string("value", false) + kept("behind", "it")), Error::no_error);
  EXPECT_EQ(dropping.peer.entries(), (Fields{{"behind", "it"}}));
}

TEST(BlockDropper, ALongNameMayBeThereWithAPartOfItsValuesLength) {
  Dropping dropping;
  std::string name(BlockDropper::field_max + 1, 'n');
  std::string length = hpack_integer(7, 0, 300);
  ASSERT_EQ(length.size(), 3U);
  ASSERT_EQ(dropping.add("\x40" + hpack_string(name, false) + length.substr(0, 2)), Error::no_error);
  ASSERT_EQ(dropping.add(length.substr(2) + std::string(300, 'v') + kept("behind", "it")), Error::no_error);
  EXPECT_EQ(dropping.peer.entries(), (Fields{{"behind", "it"}}));
}

TEST(BlockDropper, SizeUpdatesAreOnlyAtABlocksBeginning) {
  EXPECT_EQ(Dropping().drop(kept("a", "b") + "\x20", 100), Error::compression_error);
}

TEST(BlockDropper, CopiesOfNamesCountTogether) {
  Dropping dropping;
  ASSERT_EQ(dropping.add(kept(std::string(2'000, 'n'), "")), Error::no_error);
  std::string copies;
  for (size_t i = 0; i < 10; i++) copies += hpack_integer(6, 0x40, 62) + hpack_string("", false);
  size_t rounds = 0;
  while (dropping.add(copies) == Error::no_error) rounds++;
  EXPECT_EQ(rounds, limits::hpack_copied_max / 20'000);
}

TEST(BlockDropper, BlocksByChanceAreAsInOnePiece) {
  std::mt19937 random(15); // NOLINT: the same blocks each time
  size_t good = 0;
  for (int round = 0; round < 3'000; round++) {
    HpackModel model;
    std::string block;
    for (int i = 0; i < 4; i++) block += block_by_chance(random, model, limits::hpack_table_initial);
    if ((block.empty() ? 0 : block[0] & 0xe0) == 0x20) continue;
    HpackPeer whole;
    Collector sink;
    Error expected = whole.decode(block, sink);
    for (size_t piece : {1 + random() % 50, 1 + random() % 5'000}) {
      Dropping dropping;
      ASSERT_EQ(dropping.drop(block, piece), expected) << round;
      if (expected != Error::no_error) continue;
      ASSERT_EQ(dropping.peer.entries(), whole.entries()) << round;
    }
    good += expected == Error::no_error;
  }
  EXPECT_GT(good, 200U);
}

TEST(BlockDropper, WholeFields) {
  std::string fields = "\x20\x82" + kept("a", "b") + kept("a", std::string(300, 'b'), true);
  for (size_t size = 0; size <= fields.size(); size++) {
    size_t expected = size < 1 ? 0 : size < 2 ? 1 : size < 7 ? 2 : size < fields.size() ? 7 : size;
    EXPECT_EQ(h2::whole_fields(fields.substr(0, size)), expected) << size;
  }
  EXPECT_EQ(h2::whole_fields("\x82\xff\xff\xff\xff\xff\xff\xff"), 8U) << "what the decoder refuses is passed on";
}

} // namespace
} // namespace minhttp::test
