// SPDX-License-Identifier: MIT
#pragma once
// The answer to / of --admin: the numbers of /metrics that a person looks at first, and pictures of the last minutes.

#include "metrics/text.h"

namespace minhttp::metrics {

// It allows nothing but the page's own style sheet.
std::string_view page_policy();

// out: room for limits::admin_page_max bytes, of which it takes a third at most.
void write_page(Writer& out, const Shared& shared, const Facts& facts);

} // namespace minhttp::metrics
