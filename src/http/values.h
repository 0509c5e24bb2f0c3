// SPDX-License-Identifier: MIT
#pragma once
// Iterates over the lines of a list field, which may be spread over several lines (RFC 9110 section 5.3). The parser
// keeps nothing about them: a caller that needs such a field, and knows from has() that it is there, scans the head a
// second time. The head's size limit bounds that.

#include <string_view>

#include "http/request.h"

namespace minhttp::http {

class Values {
 public:
  Values(const Request& request, Field field) : rest_(request.fields), field_(field) {}

  // The value of the field's next line. False: there is none.
  bool next(std::string_view& value);

 private:
  std::string_view rest_;
  Field field_;
};

// The value of the first line of a field that the parser does not know. fields: as in Request. name: in lower case.
// Empty: there is no such field. Only for rare requests: it scans the head.
std::string_view value_of(std::string_view fields, std::string_view name);
inline std::string_view value_of(const Request& request, std::string_view name) {
  return value_of(request.fields, name);
}

} // namespace minhttp::http
