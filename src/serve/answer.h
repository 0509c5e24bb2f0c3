// SPDX-License-Identifier: MIT
#pragma once
// From a request, or a refusal, to an answer.

#include "serve/server.h"

namespace minhttp::serve {

// Appends the answer to the connection's request to its output, and its file to the
// connection. Decides whether the connection lives on. The output has room for
// limits::answer_head_max bytes. False: a password is being checked, or a file's hash waits
// for the next turn; ask again then.
bool answer(Server& server, Connection& connection, Workspace& work);

// The same where the input begins with a request that was answered a moment ago. False: it does
// not, and nothing has changed.
bool answer_again(Server& server, Connection& connection, Workspace& work);

// Of an answer in several parts: appends the text before its next part, and that part to the
// connection, or the text that ends it.
void next_part(Connection& connection, Workspace& work);

// The same for a refusal: a small text, and the end of the connection.
void refuse(Server& server, Connection& connection, Workspace& work, http::Status status);

// Whether the site has an answer to the method other than 405 and 501.
bool serves(const Server& server, http::Method method);

// Appends "100 Continue".
void say_continue(Workspace& work);

} // namespace minhttp::serve
