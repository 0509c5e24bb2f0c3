// SPDX-License-Identifier: MIT
#pragma once
// The encoding side of a client of HTTP/2: each block refers to whatever the table may hold, so a decoder whose table
// differs reads other fields, or none.

#include <string>

#include "sim/random.h"
#include "unit/h2/blocks.h"
#include "unit/h2/model.h"

namespace minhttp::sim {

class HpackClient {
 public:
  explicit HpackClient(Random& random) : random_(random) {}

  std::string block(const test::Fields& fields) {
    std::string made;
    if (random_.chance(100)) { // the size may shrink for a while
      auto size = static_cast<uint32_t>(random_.chance(500) ? most : random_.below(most));
      table_.resize(size);
      made += test::hpack_integer(5, 0x20, size);
    }
    for (const auto& [name, value] : fields) made += field(name, value);
    return made;
  }

 private:
  static constexpr uint32_t most = limits::hpack_table_initial; // what every decoder has

  std::string field(const std::string& name, const std::string& value) {
    uint64_t same = 0;
    uint64_t named = 0;
    for (uint64_t index = 1; index <= h2::static_count + table_.table.size(); index++) {
      auto entry = table_.entry(index);
      if (entry->first != name) continue;
      if (named == 0 || random_.chance(500)) named = index; // the oldest ones too
      if (entry->second == value) same = index;
    }
    if (same != 0 && random_.chance(800)) return test::hpack_integer(7, 0x80, same);
    bool inserts = random_.chance(600);
    if (random_.chance(200)) named = 0;
    std::string made =
        inserts ? test::hpack_integer(6, 0x40, named) : test::hpack_integer(4, random_.chance(500) ? 0x10 : 0, named);
    if (named == 0) made += test::hpack_string(name, random_.chance(500));
    made += test::hpack_string(value, random_.chance(500));
    if (inserts) table_.insert(name, value);
    return made;
  }

  Random& random_;
  test::HpackModel table_;
};

} // namespace minhttp::sim
