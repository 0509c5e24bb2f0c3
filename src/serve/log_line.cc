#include "serve/log_line.h"

#include "base/bytes.h"

namespace minhttp::serve {
namespace {

using http::Status;

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
void log_common(const Reply& reply, Status status, uint64_t bytes) {
  Server& server = reply.server;
  std::string_view request = reply.request().line;
  auto to = server.log.reserve(request.size() + reply.user.size() + 128);
  if (to.empty()) return;
  Writer line(to);
  write_ip(line, reply.connection.peer);
  line.text(" - ").text(reply.user.empty() ? "-" : reply.user);
  line.text(" [").text(server.clock.log_date()).text("] \"");
  line.text(request.empty() ? "-" : request);
  line.text("\" ").decimal(static_cast<uint64_t>(status)).byte(' ');
  (bytes == unknown_length ? line.byte('-') : line.decimal(bytes)).byte('\n');
  server.log.commit(line.size());
}

} // namespace

void log_answer(const Reply& reply, Status status, uint64_t bytes) {
  switch (reply.server.log_format) {
    case LogFormat::off: return;
    case LogFormat::case_study: return log_case_study(reply.server, reply.connection);
    case LogFormat::common: return log_common(reply, status, bytes);
  }
}

void log_unanswered(Server& server, Connection& connection) {
  if (server.log_format == LogFormat::case_study) log_case_study(server, connection);
}

} // namespace minhttp::serve
