// SPDX-License-Identifier: MIT
#pragma once
// The static table of HPACK (RFC 7541 appendix A).

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace minhttp::h2 {

constexpr uint32_t static_count = 0
#define ENTRY(name, value) +1
#include "tables/hpack_static.def"
#undef ENTRY
    ;

struct TableEntry {
  std::string_view name;
  std::string_view value;
};

// index: 1 to static_count.
TableEntry static_entry(uint32_t index);

struct StaticMatch {
  uint32_t name = 0;  // index of the first entry with the name; 0: there is none
  uint32_t entry = 0; // index of the entry with name and value; 0: there is none
};

// Ignores the case of the name's letters.
StaticMatch find_static(std::string_view name, std::string_view value);

} // namespace minhttp::h2
