// SPDX-License-Identifier: MIT
#pragma once
// The connection's state machine. It never touches a socket: the loop says what happened
// and is told what to do next.

#include <string_view>

#include "conn/server.h"
#include "conn/want.h"

namespace minhttp::conn {

// connection: open() was called for it. The answer to one event; call it with `ready`
// whenever it is not known what the connection wants: that changes nothing.
Want step(Server& server, Connection& connection, Event event);

// Puts a slot into its first state. peer: for the log.
void open(Connection& connection, sys::Fd socket, const IpAddress& peer);

// The loop is about to wait for what the connection wants: sets the deadline.
void await(Server& server, Connection& connection);

// Nothing is there for now, and what was wanted is asked again with `ready`: takes back the
// workspace where nothing is in it.
void rest(Server& server, Connection& connection);

// The connection is over: closes its descriptors, takes everything back but the slot.
void close(Server& server, Connection& connection);

// Computes a slice of the password checks under way, if there are any. proceed(connection) is
// called for each whose check is done: it wants to be asked with `ready`.
template <typename Proceed>
void verify(Server& server, const Proceed& proceed) {
  auth::Authenticator* authenticator = server.context.access.authenticator;
  if (authenticator == nullptr || !authenticator->busy()) return;
  authenticator->step(server.context.clock.now_ms());
  while (auto finished = authenticator->finished()) {
    Connection& connection = server.connections[finished->slot];
    connection.denied = finished->decision.kind == auth::Decision::Kind::wrong;
    proceed(connection);
  }
}

// What is said without a slot or a workspace: 503, and close.
constexpr std::string_view overload_answer() {
  return "HTTP/1.1 503 Service Unavailable\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: 24\r\n"
         "Retry-After: 1\r\n"
         "Connection: close\r\n"
         "\r\n"
         "503 Service Unavailable\n";
}

} // namespace minhttp::conn
