// SPDX-License-Identifier: MIT
#pragma once
// A request head. All views point into the bytes that were parsed, or into the text that h2/request.h makes of fields.

#include <cstdint>
#include <string_view>

namespace minhttp::http {

enum class Method : uint8_t {
#define METHOD(name, token) name,
#include "tables/method.def"
#undef METHOD
  unknown
};

enum class Field : uint8_t {
#define FIELD(name, text) name,
#include "tables/field.def"
#undef FIELD
  unknown
};

// How the length of the request body is determined (RFC 9112 section 6.3). In HTTP/2, chunked stands for a body without
// Content-Length, which goes on to END_STREAM.
enum class Framing : uint8_t { none, length, chunked };

struct Request {
  Method method = Method::unknown;
  Framing framing = Framing::none;
  uint8_t minor = 0;       // of HTTP/1.x: 0, or 1 for 1 and above; 1 for HTTP/2
  bool asterisk = false;   // the target is `*`: the server as a whole
  bool close = false;      // Connection: close
  bool keep_alive = false; // Connection: keep-alive; matters only with HTTP/1.0
  bool expect_continue = false;
  bool expect_unknown = false;
  bool other_transfer_coding = false; // a transfer coding other than chunked
  uint32_t fields_seen = 0;           // a bit for each Field
  uint64_t content_length = 0;        // UINT64_MAX: the number is larger than that
  std::string_view line;              // the request line as received, for the log; has no quotes and no control bytes
  std::string_view path;              // begins with '/', still encoded; empty for `*` and CONNECT
  std::string_view query;             // with its '?', or empty
  std::string_view host;              // from the target if it is absolute, else the Host field
  std::string_view fields;            // all field lines as received, each with its CR LF; see values.h
  std::string_view accept_encoding;   // value of the first such line: every browser sends one, and rarely a second
  bool accept_encoding_again = false;
  // Fields with a single value; empty if the field is absent or repeated.
  std::string_view range;
  std::string_view if_range;
  std::string_view if_modified_since;
  std::string_view if_unmodified_since;

  bool has(Field field) const { return (fields_seen & 1U << static_cast<unsigned>(field)) != 0; }
  // RFC 9112 section 9.3.
  bool persistent() const { return !close && (minor >= 1 || keep_alive); }
};

} // namespace minhttp::http
