#include "http/values.h"

#include "base/bytes.h"
#include "http/field_name.h"
#include "http/parse.h"

namespace minhttp::http {

bool Values::next(std::string_view& value) {
  while (!rest_.empty()) {
    size_t end = find(rest_, '\r'); // the parser has refused every other CR
    std::string_view line = take(rest_, end);
    rest_ = drop(rest_, end + 2);
    std::string_view name;
    if (split_field(line, name, value) && find_field(name) == field_) return true;
  }
  return false;
}

} // namespace minhttp::http
