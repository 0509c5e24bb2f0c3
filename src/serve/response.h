// SPDX-License-Identifier: MIT
#pragma once
// A response as data: a head and a body. h1 and conn turn it into bytes.

#include <cstdint>
#include <string_view>

#include "http/range.h"
#include "http/refusal.h"
#include "http/response_head.h"
#include "site/source.h"
#include "tables/limits.h"

namespace minhttp::serve {

struct Response {
  enum class Body : uint8_t {
    none,
    text,   // in memory
    file,   // a part of a file, or several parts of it
    listing // the entries of a directory, which are read while they are sent
  };

  http::ResponseHead head;
  http::Refusal refusal = http::Refusal::none; // why the status is 400 or above, for the log
  Body body = Body::none;
  std::string_view text = {}; // of a text
  site::Source source;        // of a file,
  http::Part part;            // and what of it
  http::Ranges ranges;        // of a multipart response: several parts, in place of the one
  uint64_t file_size = 0;     // of a multipart response: of the whole
  uint8_t listing = 0;        // its place in Context::listings
  bool close = false;         // the connection should end: the request is malformed
  bool logged = true;         // false: of --health and --admin, which are asked every few seconds
  bool repeatable = false;    // the same request has the same response, as long as the file's cache entry stands

  // What head and text may point into.
  char location_memory[limits::target_max];
  char field_memory[limits::fields_bytes + limits::preflight_bytes];
  char text_memory[limits::error_page_max];
};

} // namespace minhttp::serve
