// SPDX-License-Identifier: MIT
#pragma once
// File names, which are any bytes, as text that a browser or a program reads. A byte becomes
// limits::escaped_byte_max bytes at most, whichever of these writes it.

#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

// As HTML text or an attribute's value in quotes. What is no UTF-8 is shown as U+FFFD;
// control characters as their pictures (U+2400 and on), so that a line break in a name can
// be seen; characters that turn the direction of the text around them as U+FFFD too.
void write_html(Writer& out, std::string_view text);

// The inside of a JSON string (RFC 8259 section 7). What is no UTF-8 becomes U+FFFD.
void write_json(Writer& out, std::string_view text);

// One segment of a path in a URL: everything is percent-encoded but what RFC 3986 section
// 2.3 leaves alone, so the result needs no further escaping in HTML or JSON.
void write_segment(Writer& out, std::string_view name);

} // namespace minhttp::http
