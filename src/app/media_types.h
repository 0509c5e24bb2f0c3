// SPDX-License-Identifier: MIT
#pragma once
// --type: media types that come before those of tables/mime.def.

#include <span>

#include "app/config.h"
#include "http/mime.h"

namespace minhttp::app {

constexpr char utf8_charset[] = "; charset=utf-8";

// The maximum size of the text of one option, in bytes.
constexpr size_t type_text_bytes = limits::type_max + sizeof utf8_charset;
static_assert(type_text_bytes <= 256, "http::Multipart has no room for more");

// Fills types, one for each option. text: type_text_bytes for each. A type that is in the table gets the table's
// charset, and any other text/ type without charset gets UTF-8. False: an option is invalid, and a message says why.
bool make_media_types(const Config& config, std::span<http::OwnType> types, std::span<char> text);

} // namespace minhttp::app
