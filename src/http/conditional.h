// SPDX-License-Identifier: MIT
#pragma once
// Conditional requests (RFC 9110 section 13), for a file that GET or HEAD would send.

#include <cstdint>

#include "http/request.h"
#include "http/status.h"
#include "http/validators.h"

namespace minhttp::http {

// Steps 1 to 4 of section 13.2.2. now: seconds since 1970. 200: all preconditions hold. 304: the client has this
// version. 412: a precondition failed. An invalid or repeated date is ignored; an invalid entity tag in a list matches
// nothing.
Status evaluate(const Request& request, const Validators& validators, int64_t now);

// Step 5: whether method and If-Range allow a partial response to the request's Range. parse_ranges() parses Range
// itself.
bool takes_range(const Request& request, const Validators& validators, int64_t now);

} // namespace minhttp::http
