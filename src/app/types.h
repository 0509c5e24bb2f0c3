// SPDX-License-Identifier: MIT
#pragma once
// --type: media types beside those of tables/mime.def.

#include <span>

#include "app/config.h"
#include "http/mime.h"

namespace minhttp::app {

constexpr char utf8_charset[] = "; charset=utf-8";

// Bytes of text that one option can need.
constexpr size_t type_text_bytes = limits::type_max + sizeof utf8_charset;
static_assert(type_text_bytes <= 256, "http::Multipart has no room for more");

// Fills types, one for each option; text: type_text_bytes for each. A type that the table has gets the table's charset,
// and any other text/ without one gets UTF-8. False: an option is not good, and a message says why.
bool make_types(const Config& config, std::span<http::OwnType> types, std::span<char> text);

} // namespace minhttp::app
