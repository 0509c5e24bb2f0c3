// SPDX-License-Identifier: MIT
#pragma once
// HTTP for the plain loop.

#include "conn/server.h"
#include "loop/handler.h"

namespace minhttp::loop {

// server has one connection slot and one workspace. signals: a signalfd that becomes readable when the server must end.
struct Handler {
  conn::Server& server;
  int signals;
};

} // namespace minhttp::loop
