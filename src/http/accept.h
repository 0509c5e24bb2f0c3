// SPDX-License-Identifier: MIT
#pragma once
// What a client prefers by its Accept field (RFC 9110 section 12.5.1).

#include "http/request.h"

namespace minhttp::http {

// Whether the client prefers application/json to text/html: by weight, and if the weights are equal, by which of them
// is named more specifically. So "application/json, */*" means JSON, and "*/*" does not.
bool prefers_json(const Request& request);

// Whether Accept names text/html. A browser names it for a page, but not for the parts of a page; a program that
// accepts anything does not.
bool names_html(const Request& request);

// Whether an HTML page is an appropriate response: text/html is acceptable by name, by a wildcard or because there is
// no Accept at all, and JSON is not preferred by name.
bool accepts_html(const Request& request);

} // namespace minhttp::http
