// SPDX-License-Identifier: MIT
#pragma once
// What all connections share.

#include <cstdint>
#include <span>

#include "base/pool.h"
#include "conn/connection.h"
#include "conn/response_cache.h"
#include "conn/timers.h"
#include "http/multipart.h"
#include "log/log.h"
#include "serve/context.h"

namespace minhttp::conn {

enum class LogFormat : uint8_t { off, case_study, common };

struct Server {
  serve::Context context;
  ResponseCache* responses = nullptr; // null: nothing is replayed
  log::Log& log;
  LogFormat log_format;
  uint64_t body_max;     // bytes of a request body
  uint32_t requests_max; // of a connection; 0: no limit
  std::span<Connection> connections;
  std::span<Workspace> workspaces;
  Pool free_workspaces;
  Timers timers;
  http::Boundaries boundaries = {}; // of multipart responses
  bool draining = false;            // every response is the last of its connection
};

} // namespace minhttp::conn
