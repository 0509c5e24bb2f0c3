// SPDX-License-Identifier: MIT
#pragma once
// What a client would rather have (RFC 9110 section 12.5.1).

#include "http/request.h"

namespace minhttp::http {

// Whether application/json is wanted more than text/html: by weight, and between equal
// weights by who is named more exactly, so that "application/json, */*" means JSON and
// "*/*" does not.
bool prefers_json(const Request& request);

// Whether text/html is named: by a browser that goes to a page, not by one that loads a part of it, nor by a
// program that takes anything.
bool names_html(const Request& request);

// Whether a page is as good an answer as any: text/html is acceptable, by name, by a wildcard or because
// there is no Accept at all, and JSON is not named instead.
bool accepts_html(const Request& request);

} // namespace minhttp::http
