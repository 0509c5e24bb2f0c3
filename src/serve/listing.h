// SPDX-License-Identifier: MIT
#pragma once
// Answers that are directories: their body is made while it is sent.

#include "serve/server.h"

namespace minhttp::serve {

// Opens the directory that path means for the connection, and takes a place for its
// listing; the request says in which format and order. ok, or why not: 404 where nothing
// is listed or there is no such directory, 403, 503 where all places are taken and the client has
// its share of them. Where it has not, another client's listing is cut off for it.
http::Status begin_listing(Server& server, const site::Site& site, Connection& connection, const http::Request& request,
                           const http::Path& path);

// The head of the answer says this about its body.
void describe_listing(Server& server, Connection& connection, http::Head& head);

enum class Filled : uint8_t {
  full,  // the output holds what it can, or all that was left
  pause, // come back: a slice of work is done
  failed // the directory cannot be read; only the end of the connection can tell
};

// Appends as much of the listing as has room to the output, as a chunk where the request's
// version has chunks. Gives the listing's place back at its end.
Filled fill(Server& server, Connection& connection, Workspace& work);

// Gives the place and the directory back, if there are any. Also of one that is cut off.
void end_listing(Server& server, Connection& connection);

} // namespace minhttp::serve
