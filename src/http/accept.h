#pragma once
// What a client would rather have (RFC 9110 section 12.5.1).

#include "http/request.h"

namespace minhttp::http {

// Whether application/json is wanted more than text/html: by weight, and between equal
// weights by who is named more exactly, so that "application/json, */*" means JSON and
// "*/*" does not.
bool prefers_json(const Request& request);

// Whether text/html is named as wanted: what browsers send when somebody goes to a page, and
// not when a page asks for a script, a picture or data.
bool accepts_html(const Request& request);

} // namespace minhttp::http
