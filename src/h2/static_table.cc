// SPDX-License-Identifier: MIT
#include "h2/static_table.h"

#include <array>

#include "base/bytes.h"

namespace minhttp::h2 {
namespace {

// Names and values one after the other, without pointers, which would need relocations.
constexpr char text[] =
#define ENTRY(name, value) name value
#include "tables/hpack_static.def"
#undef ENTRY
    ;

struct Place {
  uint16_t begin = 0; // of the name, in text
  uint8_t name_size = 0;
  uint8_t value_size = 0;
};

constexpr auto places = [] {
  std::array<Place, static_count> made = {{
#define ENTRY(name, value) {0, sizeof(name) - 1, sizeof(value) - 1},
#include "tables/hpack_static.def"
#undef ENTRY
  }};
  uint16_t begin = 0;
  for (Place& place : made) {
    place.begin = begin;
    begin = static_cast<uint16_t>(begin + place.name_size + place.value_size);
  }
  CHECK(begin + 1U == sizeof text);
  return made;
}();

constexpr TableEntry entry_at(size_t row) {
  const Place& place = places[row];
  return {{text + place.begin, place.name_size}, {text + place.begin + place.name_size, place.value_size}};
}

// Gives each name of the table a slot of its own; the multipliers were found by trying. name: not empty.
constexpr size_t slots = 128;
constexpr size_t slot_of(std::string_view name) {
  auto letter = [&](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(to_lower(name[at]))); };
  return (27 * letter(0) + 26 * letter(name.size() - 1) + 18 * letter(name.size() / 2) + 7 * name.size()) % slots;
}

constexpr auto by_slot = [] {
  std::array<uint8_t, slots> made = {}; // index of the first entry with the name, or 0
  for (size_t row = 0; row < static_count; row++) {
    uint8_t& index = made[slot_of(entry_at(row).name)];
    if (index != 0 && equal(entry_at(index - 1U).name, entry_at(row).name)) continue;
    CHECK(index == 0); // does not compile: two names have the same slot
    index = static_cast<uint8_t>(row + 1);
  }
  return made;
}();

} // namespace

TableEntry static_entry(uint32_t index) {
  CHECK(index >= 1 && index <= static_count);
  return entry_at(index - 1);
}

StaticMatch find_static(std::string_view name, std::string_view value) {
  if (name.empty()) return {};
  uint32_t first = by_slot[slot_of(name)];
  cost::add(cost::Kind::probes);
  if (first == 0 || !equal_ignoring_case(name, entry_at(first - 1).name)) return {};
  StaticMatch match = {.name = first};
  // Entries with the same name stand together, seven at most.
  for (uint32_t index = first; index <= static_count; index++) {
    TableEntry entry = entry_at(index - 1);
    cost::add(cost::Kind::probes);
    if (index != first && !equal(entry.name, entry_at(first - 1).name)) break;
    if (equal(entry.value, value)) {
      match.entry = index;
      break;
    }
  }
  return match;
}

} // namespace minhttp::h2
