// SPDX-License-Identifier: MIT
#pragma once
// The query of a request, as conditions of rules ask for it: read once, into numbers.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "rules/table.h"

namespace minhttp::rules {

struct Parameter {
  uint32_t name;         // its number in Rules::terms
  uint32_t value;        // the same, or 0: no condition asks for this value
  std::string_view sent; // the value as it was sent
};

// Of the first limits::rules_params_max parameters, those that some condition names; of several with one name, the
// first. Reads the query when it is asked for the first time: most requests match no path with conditions.
class Query {
 public:
  Query(const Rules& rules, std::string_view text) : rules_(rules), text_(text) {}

  // In the order of their numbers.
  std::span<const Parameter> known();
  // The parameter of that name; null where there is none.
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
