// SPDX-License-Identifier: MIT
#pragma once
// The states of a connection that speaks HTTP/1. Each function says whether the connection wants something from the
// kernel, and what. False: go on with the state that it is in now.

#include "conn/server.h"
#include "conn/wants.h"

namespace minhttp::conn {

bool in_head(Server& server, Connection& connection, Workspace& work, Wants& wants);
bool in_body(Server& server, Connection& connection, Workspace& work, Wants& wants);
// Until the password is checked, or a file may be hashed. Then the response is decided again.
bool in_pending(Server& server, Connection& connection, Workspace& work, Wants& wants);
// work: null where the connection needs none.
bool in_sending(Server& server, Connection& connection, Workspace* work, Wants& wants);

// Refuses the request, whatever of it was read. The connection ends after the response. Always false.
bool refuse_request(Server& server, Connection& connection, Workspace& work, http::Refusal refusal);

// For these functions.
inline bool want(Wants::Kind kind, Wants& wants) {
  wants.be(kind);
  return true;
}

} // namespace minhttp::conn
