// SPDX-License-Identifier: MIT
#pragma once
// Base 64 for URLs, without padding (RFC 4648 section 5), and times of RFC 3339.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minhttp::acme {

std::string base64url(std::string_view bytes);

// Has it only characters of base64url, and at least one?
bool is_base64url(std::string_view text);

// Seconds since 1970; nothing if it is no time: 2026-11-29T16:05:00Z, also with a fraction, which is dropped, or
// +01:00.
std::optional<int64_t> parse_rfc3339(std::string_view text);

} // namespace minhttp::acme
