// SPDX-License-Identifier: MIT
#pragma once
// The head of a response, as data (RFC 9110). h1/write_head.h serializes it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/range.h"
#include "http/status.h"
#include "http/validators.h"

namespace minhttp::http {

struct ResponseHead {
  Status status = Status::ok;
  std::string_view date;             // IMF-fixdate
  std::string_view type;             // Content-Type, empty: none
  std::optional<uint64_t> length;    // Content-Length; none: it is not known in advance, or there is no body
  std::string_view location_segment; // if set, Location is ./segment + query
  std::string_view location_query;
  bool location_up = false;             // with a query: Location is ../segment + query instead
  std::string_view location_base;       // prefix for location: Location is / + base + location
  std::string_view location;            // Location, without control bytes; empty: none
  std::string_view cache;               // Cache-Control, empty: none
  std::string_view vary;                // Vary, empty: none
  std::string_view coding;              // Content-Encoding, empty: none
  std::string_view challenge;           // WWW-Authenticate, empty: none
  std::string_view extra;               // more fields, complete lines
  std::string_view policy;              // Content-Security-Policy, empty: none
  bool allow = false;                   // Allow: the methods for files
  uint32_t retry_s = 0;                 // Retry-After, 0: none
  bool ranges = false;                  // Accept-Ranges
  std::string_view boundary;            // not empty: Content-Type is multipart/byteranges with it, instead of type
  std::optional<Validators> validators; // for ETag and Last-Modified; a 304 has only the former
  bool tag = true;                      // send ETag
  bool modified = true;                 // send Last-Modified
  int64_t now = 0;                      // seconds; a later modification time is not sent
  std::optional<Part> part;             // Content-Range of a 206 that is not multipart
  uint64_t size = 0;                    // of the whole representation, for Content-Range of 206 and 416
};

constexpr std::string_view allowed_methods() { return "GET, HEAD, OPTIONS"; }

} // namespace minhttp::http
