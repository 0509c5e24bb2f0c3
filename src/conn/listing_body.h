// SPDX-License-Identifier: MIT
#pragma once
// The body of a listing: it is made while it is sent.

#include "conn/server.h"

namespace minhttp::conn {

// Appends as much of the listing as has room to the output, as a chunk where the request's version has chunks.
// At its end the connection lists no more.
serve::Listings::Filled fill(Server& server, Connection& connection, Workspace& work);

// The connection lists no more; gives the listing's place back.
void end_listing(Server& server, Connection& connection);

} // namespace minhttp::conn
