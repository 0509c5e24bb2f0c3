// SPDX-License-Identifier: MIT
#pragma once
// Writes file names, which can be any bytes, as text for browsers and programs. Each of these functions writes at most
// limits::escaped_byte_max bytes for a byte.

#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

// Writes HTML text, or an attribute's value in quotes. Invalid UTF-8 becomes U+FFFD. Control characters become their
// pictures (U+2400 and on), so that a line break in a name is visible. Characters that change the direction of the text
// around them become U+FFFD.
void write_html(Writer& out, std::string_view text);

// Writes the inside of a JSON string (RFC 8259 section 7). Invalid UTF-8 becomes U+FFFD.
void write_json(Writer& out, std::string_view text);

// Writes one segment of a URL path: all bytes are percent-encoded except the unreserved ones (RFC 3986 section 2.3), so
// the result needs no further escaping in HTML or JSON.
void write_segment(Writer& out, std::string_view name);

} // namespace minhttp::http
