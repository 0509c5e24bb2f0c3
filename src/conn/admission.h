// SPDX-License-Identifier: MIT
#pragma once
// Applies the limits of each client (client_limits.h) to connections and requests. Proxies that are trusted are not
// limited, since many clients come by one; nor are peers at Unix sockets, which are processes of this machine.

#include "conn/server.h"

namespace minhttp::conn {

// Whether a client at this address may open another connection.
bool has_room_for(const Server& server, const IpAddress& peer);

// Counts an open connection among those of its client. close() gives it back. Call it once, when it is known who the
// client is: not before the header of the PROXY protocol.
void count_connection(Server& server, Connection& connection);

// Takes a token of the client for its request. False: it has none left, so the request gets 429.
bool takes_token(Server& server, const IpAddress& client);

// The same for a request whose head was read, and counts it as refused. A check of the server's health costs no token.
[[gnu::noinline]] bool asks_too_often(Server& server, const Connection& connection, const http::Request& request);

} // namespace minhttp::conn
