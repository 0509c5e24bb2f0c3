// SPDX-License-Identifier: MIT
#pragma once
// The fields that options add to every response.

#include <cstddef>
#include <span>

#include "app/config.h"
#include "rules/rules.h"

namespace minhttp::app {

constexpr size_t default_headers_bytes = 64 * 1024; // memory that make_default_headers() needs at most

// Turns --secure-headers, --cors and --header into fields, as if a _headers file had them for every path; a --header
// replaces fields of the other two. memory: must live as long as the fields, aligned to 16. False: one of them is
// invalid, and a message says why.
bool make_default_headers(const Config& config, std::span<std::byte> memory, rules::Fields& fields);

} // namespace minhttp::app
