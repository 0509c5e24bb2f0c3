// SPDX-License-Identifier: MIT
#pragma once
// What all connections share.

#include <cstdint>
#include <span>

#include "base/pool.h"
#include "base/shared_word.h"
#include "conn/connection.h"
#include "conn/http2.h"
#include "conn/response_cache.h"
#include "conn/timers.h"
#include "http/multipart.h"
#include "log/log.h"
#include "metrics/counters.h"
#include "serve/context.h"

namespace minhttp::conn {

enum class LogFormat : uint8_t { off, case_study, common };

// The log line of a response, up to its status, while the response is on its way (access_log.h).
struct LogRecord {
  uint64_t body_begin; // where the body begins in the connection's output, in bytes since it was accepted
  uint64_t end;        // where it ends; UINT64_MAX: not known yet
  uint64_t bytes;      // of the body, as the head promises, or unknown_length
  uint32_t next;       // the connection's next record
  uint32_t last;       // of a connection's first record: its last one
  uint16_t size;
  char line[limits::log_line_max];
};
static_assert(sizeof(LogRecord) <= 1024);

struct Server {
  serve::Context context;
  ResponseCache* responses = nullptr; // null: nothing is replayed
  Http2* http2 = nullptr;             // null: HTTP/1 only
  metrics::Block* metrics = nullptr;  // null: nothing is counted
  log::Log& log;
  LogFormat log_format;
  std::span<LogRecord> log_records = {};
  Pool free_log_records = Pool({});
  uint64_t body_max;     // bytes of a request body
  uint32_t requests_max; // of a connection; 0: no limit
  std::span<Connection> connections;
  std::span<Workspace> workspaces;
  Pool free_workspaces;
  Timers timers;
  http::Boundaries boundaries = {};      // of multipart responses
  bool draining = false;                 // every response is the last of its connection
  bool ending = false;                   // the whole server has been told to end, not only this worker
  const SharedWord* not_ready = nullptr; // not 0: the server will soon be told to end; null: there is no supervisor
};

// What the health check says.
inline bool is_ready(const Server& server) {
  return !server.ending && (server.not_ready == nullptr || server.not_ready->load() == 0);
}

} // namespace minhttp::conn
