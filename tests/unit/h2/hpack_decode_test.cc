// SPDX-License-Identifier: MIT
#include "h2/hpack_decode.h"

#include <gtest/gtest.h>

#include "unit/h2/hpack.h"
#include "unit/panic.h"
#include "unit/serve/cost_bound.h"

namespace minhttp::test {
namespace {

using h2::Error;

Error outcome(std::string_view block, uint32_t allowed = limits::hpack_table_initial) {
  HpackPeer peer(allowed);
  Collector sink;
  return peer.decode(block, sink);
}

constexpr Error bad = Error::compression_error;
constexpr Error fine = Error::no_error;

TEST(HpackDecode, SingleFieldsOfRfc7541AppendixC2) {
  HpackPeer peer;
  EXPECT_EQ(peer.decode(from_hex("400a637573746f6d2d6b65790d637573746f6d2d686561646572")),
            (Fields{{"custom-key", "custom-header"}}));
  EXPECT_EQ(peer.table.size(), 55U);
  EXPECT_EQ(peer.entries(), (Fields{{"custom-key", "custom-header"}}));
  HpackPeer other;
  EXPECT_EQ(other.decode(from_hex("040c2f73616d706c652f70617468")), (Fields{{":path", "/sample/path"}}));
  EXPECT_EQ(other.decode(from_hex("100870617373776f726406736563726574")), (Fields{{"password", "secret"}}));
  EXPECT_EQ(other.decode(from_hex("82")), (Fields{{":method", "GET"}}));
  EXPECT_EQ(other.table.count(), 0U);
}

// Three requests on one connection; C.3 without, C.4 with Huffman's code.
void requests(const char* first, const char* second, const char* third) {
  HpackPeer peer;
  EXPECT_EQ(peer.decode(from_hex(first)),
            (Fields{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}}));
  EXPECT_EQ(peer.table.size(), 57U);
  EXPECT_EQ(peer.decode(from_hex(second)), (Fields{{":method", "GET"},
                                                   {":scheme", "http"},
                                                   {":path", "/"},
                                                   {":authority", "www.example.com"},
                                                   {"cache-control", "no-cache"}}));
  EXPECT_EQ(peer.table.size(), 110U);
  EXPECT_EQ(peer.decode(from_hex(third)), (Fields{{":method", "GET"},
                                                  {":scheme", "https"},
                                                  {":path", "/index.html"},
                                                  {":authority", "www.example.com"},
                                                  {"custom-key", "custom-value"}}));
  EXPECT_EQ(peer.table.size(), 164U);
  EXPECT_EQ(peer.entries(),
            (Fields{{"custom-key", "custom-value"}, {"cache-control", "no-cache"}, {":authority", "www.example.com"}}));
}

TEST(HpackDecode, RequestsOfRfc7541AppendixC3AndC4) {
  requests("828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
           "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565");
  requests("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
           "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
}

// Three responses, with a table of 256 bytes, so that entries are evicted.
void responses(const char* first, const char* second, const char* third) {
  const std::string cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
  const std::string url = "https://www.example.com";
  const std::string time = "Mon, 21 Oct 2013 20:13:21 GMT";
  const std::string later = "Mon, 21 Oct 2013 20:13:22 GMT";
  HpackPeer peer;
  peer.table.resize(256);
  EXPECT_EQ(peer.decode(from_hex(first)),
            (Fields{{":status", "302"}, {"cache-control", "private"}, {"date", time}, {"location", url}}));
  EXPECT_EQ(peer.table.size(), 222U);
  EXPECT_EQ(peer.decode(from_hex(second)),
            (Fields{{":status", "307"}, {"cache-control", "private"}, {"date", time}, {"location", url}}));
  EXPECT_EQ(peer.table.size(), 222U);
  EXPECT_EQ(peer.entries(),
            (Fields{{":status", "307"}, {"location", url}, {"date", time}, {"cache-control", "private"}}));
  EXPECT_EQ(peer.decode(from_hex(third)), (Fields{{":status", "200"},
                                                  {"cache-control", "private"},
                                                  {"date", later},
                                                  {"location", url},
                                                  {"content-encoding", "gzip"},
                                                  {"set-cookie", cookie}}));
  EXPECT_EQ(peer.table.size(), 215U);
  EXPECT_EQ(peer.entries(), (Fields{{"set-cookie", cookie}, {"content-encoding", "gzip"}, {"date", later}}));
}

TEST(HpackDecode, ResponsesOfRfc7541AppendixC5AndC6) {
  responses(
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17687474"
      "70733a2f2f7777772e6578616d706c652e636f6d",
      "4803333037c1c0bf",
      "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a"
      "4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31");
  responses(
      "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae"
      "82ae43d3",
      "4883640effc1c0bf",
      "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960"
      "d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007");
}

TEST(HpackDecode, IntegersOfRfc7541AppendixC1) {
  HpackPeer peer;
  EXPECT_TRUE(peer.decode(from_hex("2a")).empty());
  EXPECT_EQ(peer.table.max(), 10U);
  EXPECT_TRUE(peer.decode(from_hex("3f9a0a")).empty());
  EXPECT_EQ(peer.table.max(), 1337U);
}

TEST(HpackDecode, IntegersHaveABound) {
  EXPECT_EQ(outcome(from_hex("3f00")), fine) << "31";
  EXPECT_EQ(outcome(from_hex("3f80808000")), fine) << "31, in more bytes than it needs";
  EXPECT_EQ(outcome(from_hex("3f8080808000")), bad) << "in too many";
  EXPECT_EQ(outcome(from_hex("ffffffff7f")), bad) << "no such entry";
  EXPECT_EQ(outcome(from_hex("ffffffffffffffffff7f")), bad);
  EXPECT_EQ(outcome(from_hex("ffffffffff0f")), bad);
  for (const char* cut : {"3f", "3f80", "ff", "ffff", "7f", "0f", "1f", "007f", "00ff80"}) {
    EXPECT_EQ(outcome(from_hex(cut)), bad) << cut;
  }
}

TEST(HpackDecode, IndexesThatDoNotExist) {
  EXPECT_EQ(outcome(from_hex("80")), bad) << "0";
  EXPECT_EQ(outcome(from_hex("bd")), fine) << "61, the last one of the static table";
  EXPECT_EQ(outcome(from_hex("be")), bad) << "62, and the table is empty";
  EXPECT_EQ(outcome(from_hex("7f0000")), bad) << "63 as a name";
  EXPECT_EQ(outcome(from_hex("4001610162be")), fine);
  EXPECT_EQ(outcome(from_hex("4001610162bf")), bad);
  EXPECT_EQ(outcome(from_hex("40016101627e0163")), fine) << "62 as a name";
  EXPECT_EQ(outcome(from_hex("40016101627f000163")), bad) << "63";
  EXPECT_EQ(outcome(from_hex("40016101620f300163")), bad) << "63, not inserted";
  EXPECT_EQ(outcome(from_hex("40016101620f2f0163")), fine) << "62";
}

TEST(HpackDecode, StringsThatRunOverTheBlock) {
  EXPECT_EQ(outcome(from_hex("4001610162")), fine);
  for (size_t size = 1; size < 5; size++) EXPECT_EQ(outcome(from_hex("4001610162").substr(0, size)), bad) << size;
  EXPECT_EQ(outcome(from_hex("40016102623e").substr(0, 5)), bad);
  EXPECT_EQ(outcome(from_hex("00816101")), bad) << "padding that is not ones";
  EXPECT_EQ(outcome(from_hex("000161811800")), bad) << "in the value";
  EXPECT_EQ(outcome(from_hex("000000")), fine) << "nothing to HPACK is an empty name; the sink refuses it";
}

TEST(HpackDecode, TableSizeUpdates) {
  HpackPeer peer;
  EXPECT_TRUE(peer.decode(from_hex("203fe11f")).empty()) << "0, then 4096";
  EXPECT_EQ(peer.table.max(), 4096U);
  EXPECT_EQ(outcome(from_hex("3fe21f")), bad) << "4097, more than we allow";
  EXPECT_EQ(outcome(from_hex("3fe23f"), 8192), bad);
  EXPECT_EQ(outcome(from_hex("3fe13f"), 8192), fine) << "8192";
  EXPECT_EQ(outcome(from_hex("202020")), bad) << "three";
  EXPECT_EQ(outcome(from_hex("8220")), bad) << "not at the beginning";
  EXPECT_EQ(outcome(from_hex("822001610162")), bad) << "also where a field could follow";
  EXPECT_EQ(outcome(from_hex("20202001610162")), bad);
  EXPECT_EQ(outcome(from_hex("20208282")), fine);
  EXPECT_EQ(outcome(from_hex("2082202082")), bad);
}

TEST(HpackDecode, ASmallerTableEvicts) {
  HpackPeer peer;
  (void)peer.decode(from_hex("400161016240016301644001650166")); // 34 bytes each
  EXPECT_EQ(peer.table.size(), 102U);
  (void)peer.decode(from_hex("3f25")); // 68
  EXPECT_EQ(peer.entries(), (Fields{{"e", "f"}, {"c", "d"}}));
  (void)peer.decode(from_hex("3f24")); // 67
  EXPECT_EQ(peer.entries(), (Fields{{"e", "f"}}));
  (void)peer.decode(from_hex("20"));
  EXPECT_EQ(peer.table.count(), 0U);
  (void)peer.decode(from_hex("4001610162"));
  EXPECT_EQ(peer.table.count(), 0U) << "larger than the table";
}

std::string plain(std::string_view text) {
  std::string out;
  size_t size = text.size();
  if (size < 127) return std::string(1, static_cast<char>(size)) + std::string(text);
  out += '\x7f';
  for (size -= 127; size >= 128; size /= 128) out += static_cast<char>(size % 128 + 128);
  return out + static_cast<char>(size) + std::string(text);
}

TEST(HpackDecode, AnEntryLargerThanTheTableEmptiesIt) {
  HpackPeer peer;
  (void)peer.decode("\x40" + plain("a") + plain("b"));
  std::string largest(4096 - 32 - 1, 'v');
  EXPECT_EQ(peer.decode("\x40" + plain("c") + plain(largest)), (Fields{{"c", largest}}));
  EXPECT_EQ(peer.entries(), (Fields{{"c", largest}})) << "fits exactly, alone";
  EXPECT_EQ(peer.decode("\x40" + plain("c") + plain(largest + "v")), (Fields{{"c", largest + "v"}}));
  EXPECT_EQ(peer.table.count(), 0U);
}

// RFC 7541 section 4.4.
TEST(HpackDecode, ANameOfAnEntryThatItsOwnInsertionEvicts) {
  HpackPeer peer;
  std::string name(1000, 'n');
  (void)peer.decode("\x40" + plain(name) + plain("1"));
  std::string value(4096 - 32 - 1000, 'v');
  EXPECT_EQ(peer.decode("\x7e" + plain(value)), (Fields{{name, value}}));
  EXPECT_EQ(peer.entries(), (Fields{{name, value}}));
  for (int i = 0; i < 50; i++) { // the ring's end comes to lie anywhere in it
    std::string other(static_cast<size_t>(37 * i), static_cast<char>('a' + i % 26));
    ASSERT_EQ(peer.decode("\x7e" + plain(other)), (Fields{{name, other}}));
    ASSERT_EQ(peer.entries()[0], (Fields::value_type{name, other}));
  }
}

TEST(HpackDecode, FieldsTooLongForTheScratchKeepTheTableInStep) {
  HpackPeer peer(4096, 4096);
  (void)peer.decode("\x40" + plain("a") + plain("b"));
  std::string zeros(4000, '\0'); // '0' sixteen times in ten bytes
  std::string coded =
      std::string("\xff") + static_cast<char>(0x80 | (4000 - 127) % 128) + static_cast<char>((4000 - 127) / 128);
  Collector sink;
  EXPECT_EQ(peer.decode("\x04" + coded + zeros + "\x82\x40" + plain("name") + coded + zeros + "\xbd", sink), fine);
  EXPECT_EQ(sink.fields, (Fields{{":method", "GET"}, {"www-authenticate", ""}}));
  EXPECT_EQ(sink.too_long, (Fields{{":path", ""}, {"name", ""}}));
  EXPECT_EQ(peer.table.count(), 0U) << "6400 bytes were more than the table holds";
  sink = {};
  EXPECT_EQ(peer.decode("\x40" + coded + zeros + plain("value"), sink), fine);
  EXPECT_EQ(sink.too_long, (Fields{{"", ""}})) << "the name itself";
}

TEST(HpackDecode, NothingIsWantedAnyMore) {
  HpackPeer peer;
  Collector sink;
  sink.most = 2;
  std::string large(4000, 'v');
  EXPECT_EQ(peer.decode("\x40" + plain("n") + plain(large) + "\xbe\xbe\xbe\x0f\x2f" + plain("x") + "\x40" + plain("a") +
                            plain("b"),
                        sink),
            fine);
  EXPECT_EQ(sink.fields.size(), 2U);
  EXPECT_EQ(peer.entries(), (Fields{{"a", "b"}, {"n", large}})) << "in step";
  sink = {.most = 1};
  EXPECT_EQ(peer.decode("\x82\xff\x7f", sink), bad) << "what is malformed still is";
}

TEST(HpackDecode, ReferencesCostFewStepsWhenNothingIsWanted) {
  HpackPeer peer;
  (void)peer.decode("\x40" + plain("a") + plain(std::string(200, 'v'))); // so that the next runs over the ring's end
  (void)peer.decode("\x40" + plain("n") + plain(std::string(4000, 'v')));
  for (const char* reference : {"\xbe", "\x0f\x2f\x01x"}) {
    std::string block;
    while (block.size() < limits::head_max) block += reference;
    Collector sink;
    sink.most = 1;
    Cost cost;
    EXPECT_EQ(peer.decode(block, sink), fine);
    EXPECT_LE(Cost::all(), 4 * block.size() + 4096);
  }
}

TEST(HpackDecode, InsertionsThatCopyNamesHaveABound) {
  HpackPeer peer;
  (void)peer.decode("\x40" + plain(std::string(2000, 'n')) + plain("v"));
  std::string block;
  for (size_t copied = 0; copied + 2000 <= limits::hpack_copied_max; copied += 2000) block += "\x7e\x01x";
  Collector sink;
  sink.most = 1;
  Cost cost;
  EXPECT_EQ(peer.decode(block, sink), fine);
  EXPECT_LE(Cost::all(), bound::hpack(block.size()));
  EXPECT_EQ(peer.decode(block + "\x7e\x01x", sink), Error::enhance_your_calm);
}

TEST(HpackDecode, MemoryOfATable) {
  EXPECT_LE(h2::DynamicTable::memory_for(4096) + sizeof(h2::DynamicTable), 4096U + 1024U);
  std::vector<char> memory(h2::DynamicTable::memory_for(4096));
  EXPECT_THROW(h2::DynamicTable(std::span(memory).first(memory.size() - 1), 4096), Panic);
  EXPECT_THROW(h2::DynamicTable(memory, 4095), Panic) << "the peer may use 4096 before it sees our SETTINGS";
  h2::DynamicTable table(memory, 4096);
  std::vector<char> scratch(4095);
  EXPECT_THROW(h2::Decoder(table, scratch), Panic);
}

} // namespace
} // namespace minhttp::test
