// SPDX-License-Identifier: MIT
#include "h2/hpack_encode.h"

#include <gtest/gtest.h>

#include <string>

#include "h2/static_table.h"
#include "unit/h2/hpack.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

// The fields of a block, which changes no table.
Fields decoded(const std::string& block) {
  HpackPeer peer;
  Fields fields = peer.decode(block);
  EXPECT_EQ(peer.table.count(), 0U);
  return fields;
}

std::string field_block(std::string_view name, std::string_view value) {
  std::string out(name.size() + value.size() + 20, 0);
  h2::BlockWriter writer(out);
  writer.field(name, value);
  out.resize(writer.size());
  return out;
}

TEST(H2BlockWriter, StaticEntries) {
  for (uint32_t index = 1; index <= h2::static_count; index++) {
    h2::TableEntry entry = h2::static_entry(index);
    EXPECT_EQ(field_block(entry.name, entry.value), std::string(1, static_cast<char>(0x80 | index))) << index;
    std::string other = field_block(entry.name, "!");
    EXPECT_EQ(decoded(other), (Fields{{std::string(entry.name), "!"}}));
    EXPECT_LE(other.size(), 4U) << "the name by its index";
    h2::StaticMatch match = h2::find_static(entry.name, entry.value);
    EXPECT_EQ(match.entry, index);
    EXPECT_LE(match.name, index);
    EXPECT_EQ(h2::static_entry(match.name).name, entry.name);
  }
  EXPECT_EQ(field_block("Content-TYPE", "a"), field_block("content-type", "a"));
  EXPECT_EQ(h2::find_static("", "").name, 0U);
  EXPECT_EQ(h2::find_static("x-unknown", "").name, 0U);
  EXPECT_EQ(h2::find_static(":status", "201").name, 8U);
  EXPECT_EQ(h2::find_static(":status", "201").entry, 0U);
  EXPECT_THROW((void)h2::static_entry(0), Panic);
  EXPECT_THROW((void)h2::static_entry(62), Panic);
}

TEST(H2BlockWriter, StringsOfEverySize) {
  for (size_t size = 1; size < 600; size++) {
    for (char c : {'a', '!', '\xff'}) {
      std::string text(size, c);
      ASSERT_EQ(decoded(field_block("x-a", text)), (Fields{{"x-a", text}}));
      if (c != 'a') continue;
      ASSERT_EQ(decoded(field_block(text, "b")), (Fields{{text, "b"}}));
    }
  }
  std::string capitals(300, '~');
  capitals[0] = 'X';
  std::string lower = capitals;
  lower[0] = 'x';
  EXPECT_EQ(decoded(field_block(capitals, "")), (Fields{{lower, ""}})) << "not coded either";
}

// The blocks of RFC 7541 appendix C.2.2 and C.6.1 without what they insert.
TEST(H2BlockWriter, AsTheExamplesOfRfc7541) {
  EXPECT_EQ(field_block("custom-key", "custom-value"), from_hex("008825a849e95ba97d7f8925a849e95bb8e8b4bf"));
  EXPECT_EQ(field_block("location", "https://www.example.com"), from_hex("0f1f919d29ad171863c78f0b97c8e9ae82ae43d3"));
}

} // namespace
} // namespace minhttp::test
