// SPDX-License-Identifier: MIT
#pragma once
// What all connections share.

#include <cstdint>
#include <span>

#include "base/pool.h"
#include "base/shared_word.h"
#include "conn/client_limits.h"
#include "conn/connection.h"
#include "conn/http2.h"
#include "conn/limit_refusals.h"
#include "conn/log_format.h"
#include "conn/response_cache.h"
#include "conn/timers.h"
#include "http/multipart.h"
#include "log/log.h"
#include "metrics/counters.h"
#include "serve/context.h"

namespace minhttp::conn {

// The log line of a response without its numbers, while the response is on its way (access_log.h).
struct LogRecord {
  uint64_t body_begin; // where the body begins in the connection's output, in bytes since it was accepted
  uint64_t end;        // where it ends; UINT64_MAX: not known yet
  uint64_t bytes;      // of the body, as the head promises, or unknown_length
  int64_t begin_us;    // when the loop heard of the request
  uint32_t next;       // the connection's next record
  uint32_t last;       // of a connection's first record: its last one
  uint16_t start_size; // of the part before the numbers
  uint16_t size;       // and of both
  char line[limits::log_line_max];
};
static_assert(sizeof(LogRecord) <= 1024);

// Who the client is, as its certificate says (RFC 4514).
struct ClientSubject {
  uint16_t size; // 0: it has shown none
  char text[limits::tls_subject_max];
};

struct Server {
  serve::Context context;
  ResponseCache* responses = nullptr;    // null: nothing is replayed
  Http2* http2 = nullptr;                // null: HTTP/1 only
  bool plain_http2 = false;              // in minhttps: also without TLS
  ClientLimits* client_limits = nullptr; // null: clients have none
  bool needs_client = false; // clients are limited, or proxies name them: a response is replayed to a known client only
  LimitRefusals limit_refusals = {};
  metrics::Block* metrics = nullptr; // null: nothing is counted
  log::Log& log;
  LogFormat log_format;
  bool log_color = false;
  uint32_t worker = 0; // from 1; 0: there are no workers
  std::span<LogRecord> log_records = {};
  Pool free_log_records = Pool({});
  uint64_t body_max;     // bytes of a request body
  uint32_t requests_max; // of a connection; 0: no limit
  std::span<Connection> connections;
  std::span<ClientSubject> subjects = {}; // in minhttps, where clients are asked for a certificate: of each connection
  std::span<Workspace> workspaces;
  Pool free_workspaces;
  Timers timers;
  http::Boundaries boundaries = {}; // of multipart responses
  bool draining = false;            // every response is the last of its connection
  bool closes_idle = false;         // and a connection that waits for a request is closed
};

// For the log. Empty: there is none.
inline std::string_view subject_of(const Server& server, const Connection& connection) {
  if (!has_tls || server.subjects.empty() || !connection.secure) return {};
  const ClientSubject& subject = server.subjects[static_cast<size_t>(&connection - server.connections.data())];
  return {subject.text, subject.size};
}

// Who sends a request with these field lines: the connection's peer, or whom a trusted proxy names there.
inline IpAddress client_of(const Server& server, const Connection& connection, std::string_view fields) {
  const http::ClientHeader& header = server.context.client;
  bool believed = !header.name.empty() && !connection.unnamed && header.trusted.contain(connection.peer);
  return believed ? http::forwarded_client(fields, header.name, header.trusted, connection.peer) : connection.peer;
}

} // namespace minhttp::conn
