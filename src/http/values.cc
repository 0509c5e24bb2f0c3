// SPDX-License-Identifier: MIT
#include "http/values.h"

#include "base/bytes.h"
#include "http/field_name.h"
#include "http/scan.h"

namespace minhttp::http {

namespace {

// Takes the next line off. The parser has refused lines without a colon right after the name, and values with a CR.
std::string_view take_line(std::string_view& rest, std::string_view& name) {
  size_t colon = skip<Class::token>(rest, 0);
  size_t end = skip<Class::field>(rest, colon);
  name = take(rest, colon);
  std::string_view value = trim(drop(take(rest, end), colon + 1));
  rest = drop(rest, end + 2);
  return value;
}

} // namespace

bool Values::next(std::string_view& value) {
  while (!rest_.empty()) {
    std::string_view name;
    value = take_line(rest_, name);
    if (find_field(name) == field_) return true;
  }
  value = {};
  return false;
}

std::string_view value_of(std::string_view fields, std::string_view name) {
  while (!fields.empty()) {
    std::string_view found;
    std::string_view value = take_line(fields, found);
    if (equal_ignoring_case(found, name)) return value;
  }
  return {};
}

} // namespace minhttp::http
