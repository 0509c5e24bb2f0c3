// SPDX-License-Identifier: MIT
#pragma once
// The lines of a field that is a list and may be continued in further lines (RFC 9110
// section 5.3). Nothing is kept while parsing: who needs such a field, and has() says that
// it is there, walks through the head a second time, which is bounded by its limit.

#include <string_view>

#include "http/request.h"

namespace minhttp::http {

class Values {
 public:
  Values(const Request& request, Field field) : rest_(request.fields), field_(field) {}

  // The value of the field's next line. false: there is none.
  bool next(std::string_view& value);

 private:
  std::string_view rest_;
  Field field_;
};

// The value of the first line of a field that the parser does not know, by its name in lower case; empty
// where there is none. For answers that are rare: it walks through the head.
std::string_view value_of(const Request& request, std::string_view name);

} // namespace minhttp::http
