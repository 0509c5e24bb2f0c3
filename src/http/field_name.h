// SPDX-License-Identifier: MIT
#pragma once
// Recognizes the name of a known field with one table look-up and one comparison.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "http/request.h"

namespace minhttp::http {

struct FieldName {
  Field field = Field::unknown;
  uint8_t size = 0;
  char text[30] = {}; // in lower case; a row is 32 bytes, and has no pointer that would need a relocation
};

// A hash that gives each known name a slot of its own, found by trying multipliers; unknown names share these slots.
// Modulo 32, upper and lower case letters are equal. name: not empty.
constexpr size_t field_place(std::string_view name) {
  return (7 * name.size() + static_cast<unsigned char>(name.front()) + static_cast<unsigned char>(name.back())) % 32;
}

constexpr auto field_names = [] {
  std::array<FieldName, 32> table = {};
  auto add = [&](Field field, std::string_view text) {
    FieldName& row = table[field_place(text)];
    CHECK(row.size == 0); // does not compile: the new name has the same slot as another one
    row.field = field;
    row.size = static_cast<uint8_t>(text.size());
    for (size_t i = 0; i < text.size(); i++) row.text[i] = text[i];
  };
#define FIELD(field, text) add(Field::field, text);
#include "tables/field.def"
#undef FIELD
  return table;
}();

constexpr Field find_field(std::string_view name) {
  if (name.empty()) return Field::unknown;
  const FieldName& row = field_names[field_place(name)];
  return equal_ignoring_case(name, {row.text, row.size}) ? row.field : Field::unknown;
}

} // namespace minhttp::http
