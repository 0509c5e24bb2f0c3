// SPDX-License-Identifier: MIT
#pragma once
// Response heads.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/range.h"
#include "http/status.h"
#include "http/validators.h"

namespace minhttp::http {

enum class Persistence : uint8_t {
  keep,    // HTTP/1.1's own way, not said
  keep_10, // said to an HTTP/1.0 client that asked for it
  close
};

struct Head {
  Status status = Status::ok;
  Persistence persistence = Persistence::close;
  std::string_view date;             // IMF-fixdate
  std::string_view type;             // Content-Type, empty: none
  std::optional<uint64_t> length;    // Content-Length
  bool chunked = false;              // Transfer-Encoding
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
  bool allow = false;                   // Allow: what we do with files
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

// The head with its blank line; returns its bytes. out has limits::answer_head_max at least.
size_t write_head(std::span<char> out, const Head& head);

} // namespace minhttp::http
