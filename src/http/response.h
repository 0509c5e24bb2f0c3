// SPDX-License-Identifier: MIT
#pragma once
// The head of a response, as data (RFC 9110). How it is written is the wire's concern: h1/write_head.h.

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/range.h"
#include "http/status.h"
#include "http/validators.h"

namespace minhttp::http {

struct Head {
  Status status = Status::ok;
  std::string_view date;             // IMF-fixdate
  std::string_view type;             // Content-Type, empty: none
  std::optional<uint64_t> length;    // Content-Length; none: it is not known beforehand, or there is no body
  std::string_view location_segment; // with query: Location is ./segment/query
  std::string_view location_query;
  bool location_up = false;             // or ../segmentquery
  std::string_view location_base;       // with location: Location is /base and then it
  std::string_view location;            // without a control byte; empty: none
  std::string_view cache;               // Cache-Control, empty: none
  std::string_view vary;                // Vary, empty: none
  std::string_view coding;              // Content-Encoding, empty: none
  std::string_view challenge;           // WWW-Authenticate, empty: none
  std::string_view extra;               // more fields, complete lines
  std::string_view policy;              // Content-Security-Policy, empty: none
  bool allow = false;                   // Allow: the methods for files
  uint32_t retry_s = 0;                 // Retry-After, 0: none
  bool ranges = false;                  // Accept-Ranges
  std::string_view boundary;            // Content-Type is multipart/byteranges with it, and not type
  std::optional<Validators> validators; // ETag and Last-Modified; of a 304 the former alone
  bool tag = true;                      // of these, ETag
  bool modified = true;                 // and Last-Modified
  int64_t now = 0;                      // seconds; a later modification time is not sent
  std::optional<Part> part;             // Content-Range of a 206 that is not multipart
  uint64_t size = 0;                    // of the whole, in Content-Range of 206 and 416
};

constexpr std::string_view allowed_methods() { return "GET, HEAD, OPTIONS"; }

} // namespace minhttp::http
