// SPDX-License-Identifier: MIT
#pragma once
// The request parser: RFC 9112, strict. A pure function of bytes; it copies nothing and
// reads every byte about once, however the bytes are cut into pieces.

#include <cstdint>
#include <string_view>

#include "h1/outcome.h"
#include "http/request.h"

namespace minhttp::h1 {

// Where an interrupted parse goes on.
struct Progress {
  uint32_t line = 0;      // where the first line that is not parsed yet begins
  uint32_t seen = 0;      // no line ends before this place
  bool in_fields = false; // the request line is done
};

// input: the request from its first byte, as much as there is; progress and request start
// fresh, and are handed back with a longer input (at the same address) after `more`.
//
// done: length is the head with its blank line; request is filled in.
// more: nothing is wrong yet. Where progress.in_fields is false, the first progress.line
//   bytes are empty lines, which the caller may drop to start afresh behind them.
// reject: 400 malformed, 414 target too long, 431 head too long, 501 method too long or
//   a transfer coding that we do not know, 505 not HTTP/1.x. The connection must close.
Outcome parse_head(std::string_view input, Progress& progress, http::Request& request);

// One field line without its line end: true where it has the form of RFC 9112 section 5,
// with a name that is a token and no space before the colon. Used for trailers too.
bool split_field(std::string_view line, std::string_view& name, std::string_view& value);

// The place of the first line end (CR LF) at or after `from`, or line_more where the bytes
// end before one, or line_bad where a control byte that no line may hold stands before it.
constexpr size_t line_more = SIZE_MAX;
constexpr size_t line_bad = SIZE_MAX - 1;
// seen: set to a place before which no line end can be.
size_t find_line_end(std::string_view input, size_t from, uint32_t& seen);

} // namespace minhttp::h1
