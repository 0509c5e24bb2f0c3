// SPDX-License-Identifier: MIT
// Header blocks of one connection: the first byte chooses the size of the table, then come blocks, each behind its size
// in two bytes. The decoder agrees with a simple model about fields, errors and table; and its table is the same where
// the scratch is small, and where nobody wants the fields.

#include <cstdint>
#include <string>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "unit/h2/hpack.h"
#include "unit/h2/model.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::h2::Error;
using minhttp::test::Collector;
using minhttp::test::Fields;
using minhttp::test::HpackModel;
using minhttp::test::HpackPeer;

bool same_table(const HpackPeer& peer, const HpackModel& model) {
  return peer.table.size() == model.size() && peer.table.max() == model.max &&
         peer.entries() == Fields(model.table.begin(), model.table.end());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  uint32_t allowed = minhttp::limits::hpack_table_initial + data[0] * 3U;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  HpackModel model(allowed);
  HpackPeer whole(allowed, allowed + 2 * size); // no field is longer
  HpackPeer small(allowed, allowed);
  HpackPeer unwanted(allowed, allowed);
  while (rest.size() >= 2) {
    size_t length = static_cast<unsigned char>(rest[0]) * 256U + static_cast<unsigned char>(rest[1]);
    std::string_view block = rest.substr(2, length);
    rest.remove_prefix(2 + block.size());
    auto expected = model.decode(block);
    Collector all;
    minhttp::test::Cost cost;
    Error error = whole.decode(block, all);
    minhttp::fuzz::check_cost("HPACK", block.size(), minhttp::test::bound::hpack(block.size()) + 2 * all.bytes());
    if (error == Error::enhance_your_calm) return 0; // the model has no such bound
    demand((error == Error::no_error) == expected.has_value(), "the same blocks are malformed");
    Collector some;
    demand(small.decode(block, some) == error, "whatever the scratch");
    Collector none = {.most = 0};
    cost = {};
    demand(unwanted.decode(block, none) == error, "whatever is wanted");
    minhttp::fuzz::check_cost("HPACK, not wanted", block.size(), minhttp::test::bound::hpack(block.size()));
    if (!expected) return 0;
    demand(all.fields == *expected && all.too_long.empty(), "the same fields");
    demand(some.fields.size() + some.too_long.size() == all.fields.size(), "none is lost");
    demand(same_table(whole, model) && same_table(small, model) && same_table(unwanted, model), "the same table");
  }
  return 0;
}
