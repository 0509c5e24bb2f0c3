// SPDX-License-Identifier: MIT
#pragma once
// The request parser: RFC 9112, strict. A pure function of the bytes. It copies nothing, and reads every byte about
// once, however the bytes are split.

#include <cstdint>
#include <string_view>

#include "h1/outcome.h"
#include "http/request.h"

namespace minhttp::h1 {

// Where an interrupted parse continues.
struct Progress {
  uint32_t line = 0;      // start of the first line that is not parsed yet
  uint32_t seen = 0;      // no line ends before this position
  bool in_fields = false; // the request line is parsed
};

// input: the request from its first byte, as much as has arrived. progress and request start fresh; after `more` they
// are passed again, with a longer input at the same address.
//
// done: length is that of the head with its blank line; request is filled in.
// more: the head is incomplete. If progress.in_fields is false, the first progress.line bytes are empty lines; the
// caller may drop them and start afresh behind them.
// reject: 400 malformed, 414 target too long, 431 head too long, 501 method too long or unknown transfer coding, 505
// not HTTP/1.x. The connection must close.
Outcome parse_head(std::string_view input, Progress& progress, http::Request& request);

// Splits a field line without its line end. False: it is malformed (RFC 9112 section 5), has no token as name, or a
// space before the colon. Used for trailers too.
bool split_field(std::string_view line, std::string_view& name, std::string_view& value);

// The position of the first line end (CR LF) at or after `from`. line_more: there is none yet; line_bad: an invalid
// control byte comes first.
constexpr size_t line_more = SIZE_MAX;
constexpr size_t line_bad = SIZE_MAX - 1;
// seen: set to a position before which no line ends.
size_t find_line_end(std::string_view input, size_t from, uint32_t& seen);

} // namespace minhttp::h1
