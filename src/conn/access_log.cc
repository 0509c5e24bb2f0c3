// SPDX-License-Identifier: MIT
#include "conn/access_log.h"

#include "base/bytes.h"

namespace minhttp::conn {
namespace {

uint64_t pending_output(const Server& server, const Connection& connection) {
  if (connection.workspace == Pool::none) return 0;
  const Workspace& work = server.workspaces[connection.workspace];
  return work.out_end - work.out_begin;
}

// "Connection received, bytes read: N", before the response as in the original.
void log_case_study(Server& server, const Connection& connection) {
  auto to = server.log.reserve(64);
  if (to.empty()) return;
  uint64_t received = connection.workspace == Pool::none ? 0 : server.workspaces[connection.workspace].received;
  Writer line(to);
  line.text("Connection received, bytes read: ").decimal(received).byte('\n');
  server.log.commit(line.size());
}

LogContext context_of(const Server& server) {
  return {server.log_format, server.log_color, server.worker, server.context.clock};
}

const IpAddress& logged_client(const Connection& connection, const LogLine& line) {
  return line.client != nullptr ? *line.client : connection.peer;
}

int64_t duration_us(const Server& server, int64_t begin_us) {
  return has_duration(server.log_format) ? serve::Clock::exact_us() - begin_us : unknown_duration;
}

void write_early(Server& server, const Connection& connection, const LogLine& line) {
  auto to = server.log.reserve(log_size_max(server.log_format, line));
  if (to.empty()) return;
  Writer out(to);
  LogContext context = context_of(server);
  const IpAddress& client = logged_client(connection, line);
  write_log_start(out, context, line, client);
  write_log_numbers(out, context.format, line.bytes, unknown_duration);
  write_log_tail(out, context, line, client);
  write_log_mark(out, context.format, LogMark::early);
  server.log.commit(out.size());
}

// Writes the line of a record, and gives the record back.
void write_record(Server& server, uint32_t index, uint64_t bytes, LogMark mark) {
  const LogRecord& record = server.log_records[index];
  auto to = server.log.reserve(record.size + limits::log_end_max);
  if (!to.empty()) {
    Writer out(to);
    out.text({record.line, record.start_size});
    int64_t duration = mark == LogMark::early ? unknown_duration : duration_us(server, record.begin_us);
    write_log_numbers(out, server.log_format, bytes, duration);
    out.text({record.line + record.start_size, size_t{record.size} - record.start_size});
    write_log_mark(out, server.log_format, mark);
    server.log.commit(out.size());
  }
  server.free_log_records.give_back(index);
}

// The same with the connection's first record.
void write_first(Server& server, Connection& connection, uint64_t bytes, LogMark mark) {
  uint32_t index = connection.log_record;
  const LogRecord& record = server.log_records[index];
  connection.log_record = record.next;
  if (record.next != Pool::none) server.log_records[record.next].last = record.last;
  write_record(server, index, bytes, mark);
}

void append_record(Server& server, Connection& connection, uint32_t index) {
  server.log_records[index].next = Pool::none;
  server.log_records[index].last = index;
  if (connection.log_record == Pool::none) {
    connection.log_record = index;
    return;
  }
  LogRecord& first = server.log_records[connection.log_record];
  server.log_records[first.last].next = index;
  first.last = index;
}

// A line whose size is not known before it is written. False: it is too long for a record. Not inlined, or its memory
// would be on the stack of every request.
[[gnu::noinline]] bool compose_escaped(LogRecord& record, const LogContext& context, const LogLine& line,
                                       const IpAddress& client) {
  char text[limits::log_long_max];
  if (log_size_max(context.format, line) > sizeof text) return false;
  Writer out(text);
  write_log_start(out, context, line, client);
  size_t start_size = out.size();
  write_log_tail(out, context, line, client);
  if (out.size() > sizeof record.line) return false;
  __builtin_memcpy(record.line, text, out.size());
  record.start_size = static_cast<uint16_t>(start_size);
  record.size = static_cast<uint16_t>(out.size());
  return true;
}

// Composes the line in a record. Pool::none: all records are taken, or the line is too long for one. Inline, for
// HTTP/1.
[[gnu::always_inline]] inline uint32_t compose(Server& server, const Connection& connection, const LogLine& line) {
  bool common = server.log_format == LogFormat::common && (!has_tls || line.subject.empty());
  if (common && log_size_max(LogFormat::common, line) > limits::log_line_max) return Pool::none;
  uint32_t index = server.free_log_records.take();
  if (index == Pool::none) return index;
  LogRecord& record = server.log_records[index];
  LogContext context = context_of(server);
  const IpAddress& client = logged_client(connection, line);
  if (common) {
    Writer out(record.line);
    write_log_start(out, context, line, client);
    record.start_size = record.size = static_cast<uint16_t>(out.size());
  } else if (!compose_escaped(record, context, line, client)) {
    server.free_log_records.give_back(index);
    return Pool::none;
  }
  record.bytes = line.bytes;
  record.begin_us = server.context.clock.now_us();
  return index;
}

void log_line(Server& server, Connection& connection, const LogLine& line) {
  uint32_t index = compose(server, connection, line);
  if (index == Pool::none) {
    // Lines of one connection stay in order.
    while (connection.log_record != Pool::none) {
      write_first(server, connection, server.log_records[connection.log_record].bytes, LogMark::early);
    }
    return write_early(server, connection, line);
  }
  LogRecord& record = server.log_records[index];
  record.body_begin = connection.sent + pending_output(server, connection);
  record.end = line.bytes == unknown_length ? UINT64_MAX : record.body_begin + line.bytes;
  append_record(server, connection, index);
}

} // namespace

void log_response(Server& server, Connection& connection, const LogLine& line) {
  switch (server.log_format) {
    case LogFormat::off: return;
    case LogFormat::case_study:
      if (connection.requests <= 1) log_case_study(server, connection); // once a connection
      return;
    default: return log_line(server, connection, line);
  }
}

void log_length(Server& server, Connection& connection) {
  if (connection.log_record == Pool::none) return;
  LogRecord& last = server.log_records[server.log_records[connection.log_record].last];
  last.end = connection.sent + pending_output(server, connection);
}

uint32_t log_stream(Server& server, Connection& connection, const LogLine& line) {
  if (server.log_format == LogFormat::off || server.log_format == LogFormat::case_study) {
    log_response(server, connection, line);
    return Pool::none;
  }
  uint32_t record = compose(server, connection, line);
  if (record == Pool::none) write_early(server, connection, line);
  return record;
}

void log_stream_end(Server& server, Connection& connection, uint32_t index, uint64_t bytes) {
  if (index == Pool::none) return;
  LogRecord& record = server.log_records[index];
  record.bytes = bytes;
  record.end = connection.sent + pending_output(server, connection);
  record.body_begin = record.end - bytes; // the output has had them all, and frames around them
  append_record(server, connection, index);
}

void log_stream_aborted(Server& server, uint32_t index, uint64_t bytes) {
  if (index != Pool::none) write_record(server, index, bytes, LogMark::aborted);
}

void log_sent(Server& server, Connection& connection) {
  while (connection.log_record != Pool::none) {
    const LogRecord& record = server.log_records[connection.log_record];
    if (record.end > connection.sent) return;
    write_first(server, connection, record.bytes, LogMark::none);
  }
}

void log_end(Server& server, Connection& connection) {
  while (connection.log_record != Pool::none) {
    const LogRecord& record = server.log_records[connection.log_record];
    uint64_t sent = connection.sent > record.body_begin ? connection.sent - record.body_begin : 0;
    if (record.bytes == unknown_length)
      sent = unknown_length;
    else if (sent > record.bytes)
      sent = record.bytes;
    write_first(server, connection, sent, record.end <= connection.sent ? LogMark::none : LogMark::aborted);
  }
  if (server.log_format != LogFormat::case_study || connection.requests > 0 || connection.passed_on) return;
  if (connection.kind == ListenerKind::admin) return;
  log_case_study(server, connection);
}

} // namespace minhttp::conn
