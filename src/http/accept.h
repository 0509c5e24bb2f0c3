#pragma once
// What a client would rather have (RFC 9110 section 12.5.1).

#include <string_view>

namespace minhttp::http {

// accept: the Accept field's value, or empty. Whether application/json is wanted more than
// text/html: by weight, and between equal weights by who is named more exactly, so that
// "application/json, */*" means JSON and "*/*" does not.
bool prefers_json(std::string_view accept);

} // namespace minhttp::http
