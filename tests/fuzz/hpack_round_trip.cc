// SPDX-License-Identifier: MIT
// Fields, written as a block and read again. The input is a list of texts, each behind its size in a byte, 0xff for a
// size in two bytes more: names and values in turn. And Huffman's code: each text has one, and no other bytes mean it.

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/demand.h"
#include "h2/hpack_encode.h"
#include "unit/h2/blocks.h"
#include "unit/h2/hpack.h"
#include "unit/h2/model.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::test::Fields;

std::vector<std::string> texts(std::string_view input) {
  std::vector<std::string> all;
  while (input.size() >= 3) {
    auto byte = [&](size_t at) { return static_cast<unsigned char>(input[at]); };
    bool is_long = byte(0) == 0xff;
    size_t size = is_long ? byte(1) * 256U + byte(2) : byte(0);
    input.remove_prefix(is_long ? 3 : 1);
    all.emplace_back(input.substr(0, size));
    input.remove_prefix(all.back().size());
  }
  return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> all = texts(input);
  std::vector<char> out(2 * size + 16); // every text at most as it is, and three numbers for two of them
  minhttp::h2::BlockWriter writer(out);
  Fields fields;
  for (size_t i = 0; i + 1 < all.size(); i += 2) {
    std::string& name = all[i];
    std::string_view value = all[i + 1];
    const std::string_view pieces[] = {value.substr(0, i % (value.size() + 1)), value.substr(i % (value.size() + 1))};
    if (i % 4 == 0) {
      writer.field(name, value);
    } else {
      writer.pieces(name, pieces);
    }
    for (char& c : name) c = minhttp::to_lower(c);
    fields.emplace_back(name, value);
  }
  std::string_view block(out.data(), writer.size());
  minhttp::test::HpackPeer peer(4096, size + 4096);
  demand(peer.decode(block) == fields, "the fields come back");
  demand(peer.table.count() == 0, "nothing is indexed");
  minhttp::test::HpackModel model;
  demand(model.decode(block) == fields, "the model reads them too");

  std::vector<char> plain(2 * size);
  auto decoded = minhttp::h2::huffman_decode(input, plain);
  if (decoded) {
    demand(*decoded <= plain.size(), "eight fifths at most");
    demand(minhttp::test::huffman({plain.data(), *decoded}) == input, "one code for each text");
  }
  std::string coded = minhttp::test::huffman(input);
  demand(coded.size() == minhttp::h2::huffman_size(input), "the size is known before");
  std::vector<char> again(size);
  demand(minhttp::h2::huffman_decode(coded, again) == size, "decoded to its end");
  demand(std::string_view(again.data(), size) == input, "the text comes back");
  return 0;
}
