// SPDX-License-Identifier: MIT
#pragma once
// Converts the path of a request target to a name beneath the site's root.

#include <span>
#include <string_view>

#include "http/status.h"

namespace minhttp::http {

struct Path {
  Status status = Status::ok; // else 400 or 404, and name is meaningless
  bool directory = false;     // the path ended with '/'
  std::string_view name;      // decoded once, without the slashes at its ends; empty: the root
};

// raw: begins with '/', as http::Request::path. out: at least as long as raw; name points into it.
//
// 400: an invalid escape, NUL, a backslash, an encoded slash, or a segment that is `.` or `..` after decoding: no
// client sends these by accident, and servers disagree on them. 404: a hidden name (a segment that begins with a dot,
// except /.well-known, RFC 8615) or an empty segment: no file has such a name.
Path decode_path(std::string_view raw, std::span<char> out);

} // namespace minhttp::http
