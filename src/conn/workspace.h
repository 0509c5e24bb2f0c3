// SPDX-License-Identifier: MIT
#pragma once
// What both wires do with a workspace's input and output.

#include <string_view>

#include "base/bytes.h"
#include "conn/server.h"

namespace minhttp::conn {

// Null: the connection has none.
inline Workspace* workspace(Server& server, const Connection& connection) {
  return connection.workspace == Pool::none ? nullptr : &server.workspaces[connection.workspace];
}

inline bool has_input(const Workspace* work) { return work != nullptr && work->in_begin < work->in_end; }
inline bool has_output(const Workspace* work) { return work != nullptr && work->out_begin < work->out_end; }

inline std::string_view input(const Workspace& work) { return {work.in + work.in_begin, work.in_end - work.in_begin}; }

// Moves the input that is not used up yet to an earlier place.
inline void move_input(Workspace& work, uint32_t to) {
  if (to == work.in_begin) return; // a line of a body that comes byte by byte is not moved for each
  __builtin_memmove(work.in + to, work.in + work.in_begin, work.in_end - work.in_begin);
  cost::add(cost::Kind::bytes, work.in_end - work.in_begin);
  work.in_end -= work.in_begin - to;
  work.in_begin = to;
}

} // namespace minhttp::conn
