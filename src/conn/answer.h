// SPDX-License-Identifier: MIT
#pragma once
// Writes the HTTP/1 response to a request into the connection's output.

#include <optional>

#include "conn/server.h"

namespace minhttp::conn {

// Appends the response to the output, which has room for limits::answer_head_max bytes; if the body is a file or a
// listing, the connection keeps it. Decides whether the connection stays open. False: as of serve::decide(), nothing
// has changed.
bool answer(Server& server, Connection& connection, Workspace& work);

// Does the same, if the input begins with a request that had the same response a moment ago. False: it does not, and
// nothing has changed.
bool replay(Server& server, Connection& connection, Workspace& work);

// Stores a response that is repeatable: the bytes of its head and the file that its body is from, for the request with
// which input begins. The caller fills in line_size, body_bytes and close. Null: it is not stored.
CachedResponse* keep(Server& server, std::string_view input, size_t request_size, const site::Source& source,
                     http::Status status, std::string_view head);

// What keep() has stored for the request with which input begins, if it still holds; or null.
CachedResponse* find_kept(Server& server, std::string_view input);

// Of a multipart response: appends the text before its next part, and returns that part; or appends the text that ends
// the response.
std::optional<http::Part> next_part(Workspace& work);

// Appends a short response that says so. The connection is closed after it.
void refuse(Server& server, Connection& connection, Workspace& work, http::Refusal refusal);

// Appends "100 Continue".
void write_continue(Workspace& work);

} // namespace minhttp::conn
