// SPDX-License-Identifier: MIT
#pragma once
// Reads request bodies to their end and drops them, so that bytes of a body are never taken for the next request.
// Handles Content-Length, and chunked with extensions and trailers (RFC 9112 section 7).

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
  uint32_t seen = 0;    // bytes of an incomplete line that were checked, so that no byte is checked twice
  uint64_t left = 0;    // bytes of data until the end of the chunk or the body
  uint64_t total = 0;   // bytes of data so far; bounded by body_max
  uint64_t framing = 0; // bytes of lines; the same bound, plus an allowance for short bodies
};

// The state at the start of the request's body.
BodyProgress start_body(const http::Request& request);

// input: the bytes after those that were consumed before. done: the first length bytes end the body. more: length bytes
// were consumed, the rest is the start of an incomplete line. reject: 400 if malformed; 413 if there are more than
// body_max bytes of data, or of chunk framing beyond that and its allowance; 431 if the trailer section is too long.
Outcome drop_body(std::string_view input, BodyProgress& progress, uint64_t body_max);

} // namespace minhttp::h1
