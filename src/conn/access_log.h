// SPDX-License-Identifier: MIT
#pragma once
// Writes the lines of the access log.

#include "conn/server.h"

namespace minhttp::conn {

constexpr uint64_t unknown_length = UINT64_MAX;

struct LogLine {
  std::string_view request;   // the request line; empty: none could be read
  std::string_view user = {}; // the user whose password was right
  http::Status status;
  uint64_t bytes; // of the response's body, or unknown_length
};
void log_answer(Server& server, Connection& connection, const LogLine& line);

// The case study's line for a connection that got no response.
void log_unanswered(Server& server, Connection& connection);

} // namespace minhttp::conn
