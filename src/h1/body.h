// SPDX-License-Identifier: MIT
#pragma once
// Request bodies: read to their end and dropped, so that the next request is never bytes of
// a body. Content-Length, and chunked with extensions and trailers (RFC 9112 section 7).

#include <cstdint>
#include <string_view>

#include "h1/outcome.h"
#include "http/request.h"

namespace minhttp::h1 {

struct BodyProgress {
  enum class Part : uint8_t { data, data_end, size_line, trailer };
  Part part = Part::data;
  bool chunked = false;
  uint32_t trailer_bytes = 0;
  uint32_t seen = 0;    // of a line that is not complete: so that none of it is looked at twice
  uint64_t left = 0;    // bytes of data until the chunk or the body ends
  uint64_t total = 0;   // bytes of data so far, against the limit
  uint64_t framing = 0; // bytes of lines: the same limit, and a little for short bodies
};

// The beginning of the body that request announces.
BodyProgress start_body(const http::Request& request);

// input: the bytes that follow what was used up before.
// done: length bytes end the body. more: length bytes are used up, the rest is the start of
// a line that is not complete. reject: 400 malformed, 413 more than body_max bytes of data,
// or of chunk framing beyond that, 431 a
// trailer section that is too long.
Outcome drop_body(std::string_view input, BodyProgress& progress, uint64_t body_max);

} // namespace minhttp::h1
