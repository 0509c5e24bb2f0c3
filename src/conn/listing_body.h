// SPDX-License-Identifier: MIT
#pragma once
// The body of a directory listing, which is made while it is sent.

#include "conn/server.h"

namespace minhttp::conn {

// Appends as much of the listing as fits into the output, as a chunk if the connection sends chunks. After the last
// piece, connection.listing is none.
serve::Listings::Filled fill(Server& server, Connection& connection, Workspace& work);

// Gives the listing's place back before its end, if the connection has one.
void end_listing(Server& server, Connection& connection);

} // namespace minhttp::conn
