// SPDX-License-Identifier: MIT
#pragma once
// From a request to the bytes of its response in the connection's output, by HTTP/1.

#include "conn/server.h"

namespace minhttp::conn {

// Appends the response to the connection's request to its output, which has room for
// limits::answer_head_max bytes; a file or a listing stays with the connection. Decides whether the connection
// lives on. False: as of serve::decide(), nothing has changed.
bool answer(Server& server, Connection& connection, Workspace& work);

// The same where the input begins with a request that had the same response a moment ago. False: it does
// not, and nothing has changed.
bool replay(Server& server, Connection& connection, Workspace& work);

// Of a multipart response: appends the text before its next part, and gives that part to the
// connection; or appends the text that ends it.
void next_part(Connection& connection, Workspace& work);

// Appends a short response with that status; the connection ends behind it.
void refuse(Server& server, Connection& connection, Workspace& work, http::Status status);

// Appends "100 Continue".
void say_continue(Workspace& work);

} // namespace minhttp::conn
