// SPDX-License-Identifier: MIT
#pragma once
// Makes a request of the fields of a header block (RFC 9113 section 8.3): sinks for hpack_decode.h.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "http/request.h"
#include "http/status.h"
#include "tables/limits.h"

namespace minhttp::h2 {

struct HeadOutcome {
  enum class Kind : uint8_t {
    ok,
    malformed, // a stream error, PROTOCOL_ERROR (section 8.1.1)
    refused    // a request with an answer: status
  };
  Kind kind = Kind::ok;
  http::Status status = http::Status::ok; // for refused

  constexpr bool operator==(const HeadOutcome&) const = default;
};

// The text of the request is written as HTTP/1 has it, because that is what reads it further on: "GET /path HTTP/2.0",
// "host: " with the authority, and the other fields, a line each, and a blank line. Cookies that came as several fields
// stay several lines: nobody here reads them.
class RequestReader {
 public:
  // to: limits::head_max bytes. request: fresh; its views point into `to`.
  RequestReader(std::span<char> to, http::Request& request) : to_(to), request_(request) {
    CHECK(to.size() >= limits::head_max);
    to_ = to.first(limits::head_max);
  }

  bool field(std::string_view name, std::string_view value);
  bool oversized(std::string_view name);

  // After the block. ends: it has END_STREAM. refused: 400 for a path with invalid bytes, 414 target too long, 431 too
  // many bytes of fields, 501 method too long.
  HeadOutcome finish(bool ends);
  // In place of finish(): the block is longer than that, and its rest is not read. refused: 414 if the path is not
  // among the first fields, else 431.
  HeadOutcome give_up();

  // The value of the first `priority` field (RFC 9218 section 5), or nothing.
  std::string_view priority() const { return priority_; }

 private:
  enum Pseudo : uint8_t { method = 1, scheme = 2, path = 4, authority = 8 };

  bool malformed();
  bool refuse(http::Status status);
  bool pseudo_field(std::string_view name, std::string_view value);
  bool begin_fields();
  bool set_target(std::string_view target);
  bool write_line(std::string_view name, std::string_view value, std::string_view& kept);
  bool host_field(std::string_view value);

  std::string_view authority_text() const { return {to_.data() + to_.size() - authority_size_, authority_size_}; }

  std::span<char> to_;
  http::Request& request_;
  HeadOutcome outcome_;
  std::string_view priority_;
  size_t used_ = 0;   // of to_, at its front
  size_t fields_ = 0; // where the first field line begins
  size_t method_size_ = 0;
  size_t path_size_ = 0;
  size_t authority_size_ = 0;
  uint8_t seen_ = 0; // pseudo-fields
  bool in_fields_ = false;
  bool host_seen_ = false; // as a field
};

// The trailer section of a request: it is checked, and dropped.
class TrailerReader {
 public:
  bool field(std::string_view name, std::string_view value);
  bool oversized(std::string_view name);
  HeadOutcome outcome() const { return outcome_; } // refused: 431

 private:
  HeadOutcome outcome_;
  size_t bytes_ = 0;
};

} // namespace minhttp::h2
