// SPDX-License-Identifier: MIT
#pragma once
// The content codings at their highest level that clients can decode, by the libraries that define them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/coding.h"

namespace minhttp::packer {

// Brotli at quality 11, with a window of up to 16 MiB (RFC 7932); Zstandard at level 19, with a window of up to 8 MiB
// (RFC 9659 allows no more in HTTP); gzip by libdeflate at level 12. The same bytes give the same bytes, with the same
// versions of the libraries. coding: not identity.
std::string encode(http::Coding coding, std::string_view bytes);

// What encoded stands for; nothing if it is malformed, is not `size` bytes long, or has something behind its end.
std::optional<std::string> decode(http::Coding coding, std::string_view encoded, size_t size);

// The library's version and our parameters: other ones may give other bytes.
std::string encoder_version(http::Coding coding);

} // namespace minhttp::packer
