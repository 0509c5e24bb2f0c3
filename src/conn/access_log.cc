// SPDX-License-Identifier: MIT
#include "conn/access_log.h"

#include "base/bytes.h"

namespace minhttp::conn {
namespace {

// "Connection received, bytes read: N", before the answer as in the original.
void log_case_study(Server& server, Connection& connection) {
  if (connection.logged) return;
  connection.logged = true;
  auto to = server.log.reserve(64);
  if (to.empty()) return;
  Writer line(to);
  line.text("Connection received, bytes read: ").decimal(connection.received).byte('\n');
  server.log.commit(line.size());
}

// Common Log Format: host - user [time] "request" status bytes. The request line holds no
// quote and no control byte, the parser has seen to that; one that it refused is "-".
void log_common(Server& server, const Connection& connection, const LogLine& answer) {
  auto to = server.log.reserve(answer.request.size() + answer.user.size() + 128);
  if (to.empty()) return;
  Writer line(to);
  write_ip(line, connection.peer);
  line.text(" - ").text(answer.user.empty() ? "-" : answer.user);
  line.text(" [").text(server.context.clock.log_date()).text("] \"");
  line.text(answer.request.empty() ? "-" : answer.request);
  line.text("\" ").decimal(static_cast<uint64_t>(answer.status)).byte(' ');
  (answer.bytes == unknown_length ? line.byte('-') : line.decimal(answer.bytes)).byte('\n');
  server.log.commit(line.size());
}

} // namespace

void log_answer(Server& server, Connection& connection, const LogLine& line) {
  switch (server.log_format) {
    case LogFormat::off: return;
    case LogFormat::case_study: return log_case_study(server, connection);
    case LogFormat::common: return log_common(server, connection, line);
  }
}

void log_unanswered(Server& server, Connection& connection) {
  if (server.log_format == LogFormat::case_study) log_case_study(server, connection);
}

} // namespace minhttp::conn
