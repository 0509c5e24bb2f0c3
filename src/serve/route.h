// SPDX-License-Identifier: MIT
#pragma once
// What a site answers to a request.

#include "serve/server.h"

namespace minhttp::serve {

// Appends the answer, as answer() does; there are sites. False: a password is being checked,
// or a file's hash waits for the next turn; route() wants to be asked again then.
bool route(Server& server, Connection& connection, Workspace& work);

} // namespace minhttp::serve
