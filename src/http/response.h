#pragma once
// Response heads.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/status.h"

namespace minhttp::http {

// What identifies a version of a file (RFC 9110 section 8.8).
struct Validators {
  uint64_t size = 0;
  int64_t seconds = 0; // of the modification time
  uint32_t nanoseconds = 0;
};

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
  std::string_view vary;                // Vary, empty: none
  std::string_view policy;              // Content-Security-Policy, empty: none
  bool allow = false;                   // Allow: what we do with files
  bool retry = false;                   // Retry-After: 1
  bool ranges = false;                  // Accept-Ranges
  std::optional<Validators> validators; // ETag and Last-Modified
  int64_t now = 0;                      // seconds; a later modification time is not sent
  uint64_t range_first = 0;             // of a 206; its length is `length`
  uint64_t range_size = 0;              // Content-Range of 206 and 416
};

constexpr std::string_view allowed_methods = "GET, HEAD, OPTIONS";

// The head with its blank line; returns its bytes. out has limits::answer_head_max at least.
size_t write_head(std::span<char> out, const Head& head);

} // namespace minhttp::http
