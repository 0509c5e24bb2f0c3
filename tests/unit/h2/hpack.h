// SPDX-License-Identifier: MIT
#pragma once
// What tests of HPACK share: bytes in hexadecimal, a decoder with its memory, and a sink that keeps the fields.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h2/hpack_decode.h"

namespace minhttp::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Keeps what it gets, up to so many fields.
struct Collector {
  Fields fields = {};
  Fields too_long = {}; // with their names only
  size_t most = SIZE_MAX;

  bool field(std::string_view name, std::string_view value) {
    fields.emplace_back(name, value);
    return fields.size() < most;
  }
  size_t bytes() const {
    size_t sum = 0;
    for (const auto& [name, value] : fields) sum += name.size() + value.size();
    return sum;
  }
  bool oversized(std::string_view name) {
    too_long.emplace_back(name, "");
    return true;
  }
};

// The decoding side of a connection.
class HpackPeer {
 public:
  explicit HpackPeer(uint32_t allowed = limits::hpack_table_initial, size_t scratch = 40 * 1024)
      : memory_(h2::DynamicTable::memory_for(allowed)), table(memory_, allowed), scratch_(scratch) {}

  h2::Error decode(std::string_view block, Collector& sink) {
    std::vector<char> copy(block.begin(), block.end()); // of the exact size, for AddressSanitizer
    return h2::Decoder(table, scratch_).decode({copy.data(), copy.size()}, sink);
  }
  // The fields of a block that must be good.
  Fields decode(std::string_view block) {
    Collector sink;
    if (decode(block, sink) != h2::Error::no_error) sink.fields.emplace_back("the block", "is refused");
    return sink.fields;
  }
  // The dynamic table, the newest entry first.
  Fields entries() const {
    Fields all;
    std::vector<char> scratch(table.allowed());
    for (uint32_t age = 0; age < table.count(); age++) {
      h2::TableEntry entry = table.entry(age, scratch);
      all.emplace_back(entry.name, entry.value);
    }
    return all;
  }

 private:
  std::vector<char> memory_;

 public:
  h2::DynamicTable table;

 private:
  std::vector<char> scratch_;
};

} // namespace minhttp::test
