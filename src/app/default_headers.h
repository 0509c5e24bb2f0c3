// SPDX-License-Identifier: MIT
#pragma once
// The fields that the options add to every answer.

#include <cstddef>
#include <span>

#include "app/config.h"
#include "rules/rules.h"

namespace minhttp::app {

constexpr size_t default_headers_bytes = 64 * 1024; // memory that make_default_headers needs at most

// --secure-headers, --cors and --header become fields, as if a _headers file said so of every
// path; a --header replaces what the other two say. Says what is wrong with one, and then it
// is false. memory: lives as long as the fields, aligned to 16.
bool make_default_headers(const Config& config, std::span<std::byte> memory, rules::Fields& fields);

} // namespace minhttp::app
