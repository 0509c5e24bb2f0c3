#pragma once
// The lines of the access log.

#include "serve/reply.h"

namespace minhttp::serve {

// bytes: of the answer's body, or unknown_length.
constexpr uint64_t unknown_length = UINT64_MAX;
void log_answer(const Reply& reply, http::Status status, uint64_t bytes);

// The case study's line for a connection that was never answered.
void log_unanswered(Server& server, Connection& connection);

} // namespace minhttp::serve
