// SPDX-License-Identifier: MIT
#pragma once
// Conditional requests: RFC 9110 section 13, for a file that GET or HEAD would send.

#include <cstdint>

#include "http/request.h"
#include "http/status.h"
#include "http/validators.h"

namespace minhttp::http {

// Steps 1 to 4 of section 13.2.2. now: seconds since 1970.
// 200: all preconditions hold. 304: the client has this version. 412: it wanted another.
// A date that is none, or comes twice, is ignored; a list's member that is no entity tag
// matches nothing.
Status judge(const Request& request, const Validators& validators, int64_t now);

// Step 5: whether a part may be sent for the request's Range, as far as method and If-Range
// go. What Range itself asks for, parse_ranges says.
bool takes_range(const Request& request, const Validators& validators, int64_t now);

} // namespace minhttp::http
