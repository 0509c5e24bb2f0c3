// SPDX-License-Identifier: MIT
#pragma once
// What /metrics counts of requests and responses. Times are those of the loop's turns, which cost no system call: what
// is answered within the turn in which it came has taken 0 ms.

#include "conn/server.h"
#include "conn/workspace.h"

namespace minhttp::conn {

// A client is refused because a limit was reached: counts it, and has a line printed.
inline void note_limit_refusal(Server& server, ReachedLimit why) {
  server.limit_refusals.add(why, server.context.clock.now_ms());
  if (server.metrics == nullptr) return;
  auto first = static_cast<size_t>(metrics::Count::refused_connections); // and the others follow, in the same order
  (*server.metrics)[static_cast<metrics::Count>(first + static_cast<size_t>(why))].add(1);
}

// Whether the refusals of metrics.def have the order of ReachedLimit.
constexpr bool is_at(metrics::Count count, ReachedLimit why) {
  return static_cast<size_t>(count) - static_cast<size_t>(metrics::Count::refused_connections) ==
         static_cast<size_t>(why);
}
static_assert(is_at(metrics::Count::refused_workspaces, ReachedLimit::workspaces));
static_assert(is_at(metrics::Count::refused_descriptors, ReachedLimit::descriptors));
static_assert(is_at(metrics::Count::refused_client_connections, ReachedLimit::client_connections));
static_assert(is_at(metrics::Count::refused_client_rate, ReachedLimit::client_rate));
#ifdef MINHTTP_TLS
static_assert(is_at(metrics::Count::refused_tls_memory, ReachedLimit::tls_memory));
#endif

// Connections of --admin do not count.
inline bool is_metered(const Server& server, const Connection& connection) {
  return server.metrics != nullptr && connection.kind != ListenerKind::admin;
}

// The time for begun_ms: never 0.
inline uint32_t metering_ms(const Server& server) { return static_cast<uint32_t>(server.context.clock.now_ms()) | 1; }

inline uint32_t taken_ms(const Server& server, uint32_t begun_ms) {
  return begun_ms == 0 ? 0 : metering_ms(server) - begun_ms;
}

// Bytes of the client have arrived.
inline void meter_received(Server& server, Connection& connection, size_t bytes) {
  if (!is_metered(server, connection)) return;
  (*server.metrics)[metrics::Count::received_bytes].add(bytes);
  if (connection.begun_ms == 0) connection.begun_ms = metering_ms(server);
}

// An HTTP/1 response is in the output, or with the connection.
inline void meter_response(Server& server, Connection& connection, http::Method method, http::Status status) {
  if (!is_metered(server, connection)) return;
  server.metrics->note_response(method, status);
  connection.answered++;
}

// Only GET and HEAD have responses that are replayed.
inline http::Method method_of_replayed(std::string_view request) {
  return request[0] == 'H' ? http::Method::head : http::Method::get;
}

// The kernel has taken bytes. Responses of a batch leave together, and have taken the same time.
inline void meter_sent(Server& server, Connection& connection, size_t bytes) {
  if (!is_metered(server, connection)) return;
  (*server.metrics)[metrics::Count::sent_bytes].add(bytes);
  if (connection.answered == 0 || connection.body_left > 0 || connection.multipart || connection.lists()) return;
  if (has_output(workspace(server, connection))) return;
  server.metrics->note_duration(taken_ms(server, connection.begun_ms), connection.answered);
  connection.answered = 0;
  connection.begun_ms = 0;
}

// The connection ends.
inline void meter_end(Server& server, const Connection& connection) {
  if (!is_metered(server, connection) || connection.answered == 0) return;
  (*server.metrics)[metrics::Count::aborted].add(connection.answered);
}

// The same for a stream of HTTP/2: its response has begun; its last byte is in the output; it breaks off.
inline void meter_stream(Server& server, const Connection& connection, StreamBody& body, http::Method method,
                         http::Status status) {
  if (!is_metered(server, connection)) return;
  server.metrics->note_response(method, status);
  body.answered = true;
}
inline void meter_stream_end(Server& server, StreamBody& body) {
  if (!body.answered) return;
  body.answered = false;
  server.metrics->note_duration(taken_ms(server, body.begun_ms), 1);
}
inline void meter_stream_aborted(Server& server, const StreamBody& body) {
  if (body.answered) (*server.metrics)[metrics::Count::aborted].add(1);
}

} // namespace minhttp::conn
