// SPDX-License-Identifier: MIT
#pragma once
// A connection's state machine. It never reads or writes a socket: the loop reports what happened and is told what
// to do next. close() closes it.

#include <string_view>

#include "conn/server.h"
#include "conn/wants.h"

namespace minhttp::conn {

// Takes one event and returns what the connection wants next. open() was called for the connection. The event
// `ready` changes nothing: use it to ask again.
Wants step(Server& server, Connection& connection, Event event);

// Prepares a slot for a new client.
void open(Connection& connection, sys::Fd socket, const IpAddress& peer, ListenerKind kind = ListenerKind::http);

// Call it before waiting for what the connection wants: it sets the deadline.
void arm_timer(Server& server, Connection& connection);

// Call it when the connection has to wait: it takes back the workspace if that is empty. Then ask again with `ready`.
void release_idle(Server& server, Connection& connection);

// Ends the connection: closes its descriptors and takes back everything but the slot.
void close(Server& server, Connection& connection);

// Computes a slice of the password checks under way, if there are any. Calls proceed(connection) for each connection
// whose check is done: call step() for it, with `ready`.
template <typename Proceed>
void step_auth(Server& server, const Proceed& proceed) {
  auth::Authenticator* authenticator = server.context.access.authenticator;
  if (authenticator == nullptr || !authenticator->busy()) return;
  authenticator->step(server.context.clock.now_ms());
  while (auto finished = authenticator->finished()) {
    proceed(note_checked(server, finished->slot, finished->decision.kind == auth::Decision::Kind::wrong));
  }
}

// The response where no slot or no workspace is free: 503, and close.
constexpr std::string_view overload_answer() {
  return "HTTP/1.1 503 Service Unavailable\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: 24\r\n"
         "Retry-After: 1\r\n"
         "Connection: close\r\n"
         "\r\n"
         "503 Service Unavailable\n";
}

// The response to a client that has too many connections.
constexpr std::string_view too_many_answer() {
  return "HTTP/1.1 429 Too Many Requests\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: 22\r\n"
         "Retry-After: 1\r\n"
         "Connection: close\r\n"
         "\r\n"
         "429 Too Many Requests\n";
}

} // namespace minhttp::conn
