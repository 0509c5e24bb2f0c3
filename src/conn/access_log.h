// SPDX-License-Identifier: MIT
#pragma once
// The access log. A response's line is composed when its head is written, while the request is at hand, and kept in a
// record until its last byte is out: so the number of bytes is true. A slow client holds a record, and no workspace.

#include <string_view>

#include "conn/server.h"

namespace minhttp::conn {

// The response's head is in the output. Where all records are taken, or the line is too long for one, it is written
// at once, with the bytes that the head promises and the mark "early".
void log_response(Server& server, Connection& connection, const LogLine& line);

// All of the response's body is in the output, which had an unknown length until now.
void log_length(Server& server, Connection& connection);

// The same for a response of HTTP/2, whose body's bytes mix with those of other responses. Returns the record of its
// line for the two functions below; Pool::none: the line was written early, or there is none.
uint32_t log_stream(Server& server, Connection& connection, const LogLine& line);
// All of its body is in the output, so many bytes.
void log_stream_end(Server& server, Connection& connection, uint32_t record, uint64_t bytes);
// It breaks off after so many bytes of its body.
void log_stream_aborted(Server& server, uint32_t record, uint64_t bytes);

// The kernel has taken more of the output: writes the lines of responses that are out.
void log_sent(Server& server, Connection& connection);

// The connection ends: writes the lines of responses that are not out, with the bytes of their bodies that are, and the
// word "aborted". Also the case study's line for a connection that was never answered.
void log_end(Server& server, Connection& connection);

} // namespace minhttp::conn
