#include "http/values.h"

#include "base/bytes.h"
#include "http/field_name.h"
#include "http/scan.h"

namespace minhttp::http {

bool Values::next(std::string_view& value) {
  while (!rest_.empty()) {
    // The parser has refused a line without a colon behind its name, and a CR in a value.
    size_t colon = skip<Class::token>(rest_, 0);
    size_t end = skip<Class::field>(rest_, colon);
    std::string_view name = take(rest_, colon);
    std::string_view after = drop(take(rest_, end), colon + 1);
    rest_ = drop(rest_, end + 2);
    if (find_field(name) != field_) continue;
    value = trim(after);
    return true;
  }
  return false;
}

} // namespace minhttp::http
