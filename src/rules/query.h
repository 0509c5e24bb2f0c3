// SPDX-License-Identifier: MIT
#pragma once
// The query of a request, parsed once into the numbers that conditions of rules use.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "rules/table.h"

namespace minhttp::rules {

struct Parameter {
  uint32_t name;         // the number of the name in Rules::terms
  uint32_t value;        // the number of the value, or 0: no condition asks for this value
  std::string_view sent; // the value, still encoded
};

// Of the first limits::rules_params_max parameters, holds those that some condition names; if a name occurs more than
// once, the first. The query is parsed at the first look-up, as most requests match no path with conditions.
class Query {
 public:
  Query(const Rules& rules, std::string_view text) : rules_(rules), text_(text) {}

  // In the order of their numbers.
  std::span<const Parameter> known();
  // Null: the query has no such parameter.
  const Parameter* find(uint32_t name);

 private:
  void read();
  void add(const Parameter& parameter);

  const Rules& rules_;
  std::string_view text_; // with its '?', or empty
  bool read_ = false;
  size_t count_ = 0;
  std::array<Parameter, limits::rules_params_max> known_;
};

} // namespace minhttp::rules
