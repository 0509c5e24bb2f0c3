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

size_t line_size_max(const LogLine& line) { return line.request.size() + line.user.size() + 112; }

// Common Log Format: host - user [time] "request" status bytes; this writes all but the bytes. The request line holds
// no quote and no control byte: the parser has checked that. One that it refused is "-".
void write_start(Writer& out, const Server& server, const Connection& connection, const LogLine& line) {
  write_ip(out, connection.peer);
  out.text(" - ").text(line.user.empty() ? "-"sv : line.user);
  out.text(" [").text(server.context.clock.log_date()).text("] \"");
  out.text(line.request.empty() ? "-"sv : line.request);
  out.text("\" ").decimal(static_cast<uint64_t>(line.status)).byte(' ');
}

void write_end(Writer& out, uint64_t bytes, std::string_view mark) {
  (bytes == unknown_length ? out.byte('-') : out.decimal(bytes)).text(mark).byte('\n');
}

void write_early(Server& server, const Connection& connection, const LogLine& line) {
  auto to = server.log.reserve(line_size_max(line) + limits::log_end_max);
  if (to.empty()) return;
  Writer out(to);
  write_start(out, server, connection, line);
  write_end(out, line.bytes, " early"sv);
  server.log.commit(out.size());
}

// Writes the line of a record, and gives the record back.
void write_record(Server& server, uint32_t index, uint64_t bytes, std::string_view mark) {
  const LogRecord& record = server.log_records[index];
  auto to = server.log.reserve(record.size + limits::log_end_max);
  if (!to.empty()) {
    Writer out(to);
    out.text({record.line, record.size});
    write_end(out, bytes, mark);
    server.log.commit(out.size());
  }
  server.free_log_records.give_back(index);
}

// The same with the connection's first record.
void write_first(Server& server, Connection& connection, uint64_t bytes, std::string_view mark) {
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

// Composes the line in a record. Pool::none: all records are taken, or the line is too long for one.
uint32_t compose(Server& server, const Connection& connection, const LogLine& line) {
  uint32_t index = Pool::none;
  if (line_size_max(line) <= limits::log_line_max) index = server.free_log_records.take();
  if (index == Pool::none) return index;
  LogRecord& record = server.log_records[index];
  Writer out(record.line);
  write_start(out, server, connection, line);
  record.size = static_cast<uint16_t>(out.size());
  record.bytes = line.bytes;
  return index;
}

void log_common(Server& server, Connection& connection, const LogLine& line) {
  uint32_t index = compose(server, connection, line);
  if (index == Pool::none) {
    // Lines of one connection stay in order.
    while (connection.log_record != Pool::none) {
      write_first(server, connection, server.log_records[connection.log_record].bytes, " early"sv);
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
    case LogFormat::common: return log_common(server, connection, line);
  }
}

void log_length(Server& server, Connection& connection) {
  if (connection.log_record == Pool::none) return;
  LogRecord& last = server.log_records[server.log_records[connection.log_record].last];
  last.end = connection.sent + pending_output(server, connection);
}

uint32_t log_stream(Server& server, Connection& connection, const LogLine& line) {
  if (server.log_format != LogFormat::common) {
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
  record.body_begin = record.end > bytes ? record.end - bytes : 0;
  append_record(server, connection, index);
}

void log_stream_aborted(Server& server, uint32_t index, uint64_t bytes) {
  if (index != Pool::none) write_record(server, index, bytes, " aborted"sv);
}

void log_sent(Server& server, Connection& connection) {
  while (connection.log_record != Pool::none) {
    const LogRecord& record = server.log_records[connection.log_record];
    if (record.end > connection.sent) return;
    write_first(server, connection, record.bytes, {});
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
    write_first(server, connection, sent, record.end <= connection.sent ? ""sv : " aborted"sv);
  }
  if (server.log_format != LogFormat::case_study || connection.requests > 0 || connection.passed_on) return;
  if (connection.kind == ListenerKind::admin) return;
  log_case_study(server, connection);
}

} // namespace minhttp::conn
