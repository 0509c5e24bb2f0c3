// SPDX-License-Identifier: MIT
#pragma once
// HTTP for the plain loop.

#include "loop/talk.h"
#include "conn/server.h"

namespace minhttp::loop {

// server has one connection slot and one workspace. signals: a signalfd that becomes
// readable when the server is to end.
struct Talk {
  conn::Server& server;
  int signals;
};

} // namespace minhttp::loop
