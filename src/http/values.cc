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

bool take_value(std::string_view& rest, std::string_view name, std::string_view& value) {
  while (!rest.empty()) {
    std::string_view found;
    value = take_line(rest, found);
    if (equal_ignoring_case(found, name)) return true;
  }
  value = {};
  return false;
}

std::string_view value_of(std::string_view fields, std::string_view name) {
  std::string_view value;
  (void)take_value(fields, name, value);
  return value;
}

} // namespace minhttp::http
