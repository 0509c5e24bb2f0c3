// SPDX-License-Identifier: MIT
#pragma once
// What methods and fields of a request mean (RFC 9110), whatever wire brought them: h1/parse.cc and h2/request.cc.

#include <string_view>

#include "base/bytes.h"
#include "base/number.h"
#include "http/host.h"
#include "http/refusal.h"
#include "http/request.h"

namespace minhttp::http {

inline Method find_method(std::string_view token) {
#define METHOD(name, text) \
  if (equal(token, text)) return Method::name;
#include "tables/method.def"
#undef METHOD
  return Method::unknown;
}

// A repeated field that is no list has no value, because two readers would not agree on one.
inline std::string_view once(std::string_view value, bool again) { return again ? std::string_view() : value; }

inline void note_seen(Field field, Request& request) { request.fields_seen |= 1U << static_cast<unsigned>(field); }

// Notes a known field. value: without spaces around it, where it stays as long as the request. Not none: it is
// malformed, or must not be repeated. Inline, because h1's parser does this in its innermost loop.
inline Refusal note_field(Field field, std::string_view value, Request& request) {
  bool again = request.has(field);
  note_seen(field, request);
  switch (field) {
    case Field::host:
      if (again || !valid_authority(value)) return Refusal::invalid_host;
      if (request.host.empty()) request.host = value;
      return Refusal::none;
    case Field::content_length: {
      auto length = parse_decimal(value);
      if (again || !length) return Refusal::invalid_length;
      request.content_length = *length;
      if (*length > 0) request.framing = Framing::length;
      return Refusal::none;
    }
    case Field::expect:
      if (equal_ignoring_case(value, "100-continue")) {
        request.expect_continue = true;
      } else if (!value.empty()) {
        request.expect_unknown = true;
      }
      return Refusal::none;
    case Field::range: request.range = once(value, again); return Refusal::none;
    case Field::if_range: request.if_range = once(value, again); return Refusal::none;
    case Field::if_modified_since: request.if_modified_since = once(value, again); return Refusal::none;
    case Field::if_unmodified_since: request.if_unmodified_since = once(value, again); return Refusal::none;
    case Field::accept_encoding:
      if (again) request.accept_encoding_again = true;
      if (!again) request.accept_encoding = value;
      return Refusal::none;
    case Field::connection: // of the wire of HTTP/1
    case Field::transfer_encoding:
    case Field::authorization:
    case Field::accept:        // values.h scans request.fields for them
    case Field::if_match:      // lists, which may continue in further lines:
    case Field::if_none_match: // conditional.cc scans request.fields for them
    case Field::unknown: break;
  }
  return Refusal::none;
}

} // namespace minhttp::http
