// SPDX-License-Identifier: MIT
#pragma once
// The lines of the access log.

#include "conn/server.h"

namespace minhttp::conn {

constexpr uint64_t unknown_length = UINT64_MAX;

struct LogLine {
  std::string_view request;   // its first line; empty: none that could be read
  std::string_view user = {}; // who was let in
  http::Status status;
  uint64_t bytes; // of the answer's body, or unknown_length
};
void log_answer(Server& server, Connection& connection, const LogLine& line);

// The case study's line for a connection that was never answered.
void log_unanswered(Server& server, Connection& connection);

} // namespace minhttp::conn
