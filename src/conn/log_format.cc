// SPDX-License-Identifier: MIT
#include "conn/log_format.h"

#include "http/values.h"
#include "tables/limits.h"
#include "tables/program.h"

namespace minhttp::conn {
namespace {

using Text = std::string_view;

constexpr size_t escaped_max = 6; // \u00XX

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

Text cut(Text text) { return take(text, text.size() < limits::log_field_max ? text.size() : limits::log_field_max); }

// Whether another byte of a text, escaped, fits into what a line has for it. begin: where the text began.
bool fits(const Writer& out, size_t begin) { return out.size() - begin <= limits::log_field_max - escaped_max; }

void write_hex(Writer& out, char c) {
  auto byte = static_cast<uint8_t>(c);
  if (byte < 16) out.byte('0');
  out.hex(byte);
}

// RFC 8259 section 7. Bytes above 127 become the characters of that number: they may be no UTF-8.
void write_json(Writer& out, Text text) {
  out.byte('"');
  size_t begin = out.size();
  for (char c : text) {
    if (!fits(out, begin)) break;
    if (is_plain(c)) {
      out.byte(c);
    } else if (c == '"' || c == '\\') {
      out.byte('\\').byte(c);
    } else {
      out.text("\\u00"sv);
      write_hex(out, c);
    }
  }
  out.byte('"');
}

// As nginx and Apache write what is no printable character. spaces: they are written so, too.
void write_escaped(Writer& out, Text text, bool spaces) {
  size_t begin = out.size();
  for (char c : text) {
    if (!fits(out, begin)) break;
    if (is_plain(c) && !(spaces && c == ' ')) {
      out.byte(c);
    } else {
      out.text("\\x"sv);
      write_hex(out, c);
    }
  }
}

void write_quoted(Writer& out, Text text) {
  out.text(" \""sv);
  if (text.empty()) out.byte('-');
  write_escaped(out, text, false);
  out.byte('"');
}

// One word, as those who read the Common Log Format expect: with a certificate's subject, which may have spaces.
void write_user(Writer& out, const LogLine& line) {
  if (has_tls && line.user.empty() && !line.subject.empty()) return write_escaped(out, line.subject, true);
  out.text(line.user.empty() ? "-"sv : line.user);
}

Text field(const LogLine& line, Text name) { return http::value_of(line.fields, name); }

struct RequestLine {
  Text method;
  Text path;
  Text query; // with its '?', or empty
  Text protocol;
};

RequestLine split(Text line) {
  RequestLine parts;
  parts.method = take_until(line, ' ');
  Text target = take_until(line, ' ');
  parts.protocol = line;
  size_t mark = find(target, '?');
  parts.path = take(target, mark);
  parts.query = drop(target, mark);
  return parts;
}

void write_member(Writer& out, Text name, Text value) {
  if (value.empty()) return;
  out.text(",\""sv).text(name).text("\":"sv);
  write_json(out, value);
}

void write_json_start(Writer& out, const LogContext& context, const LogLine& line, const IpAddress& client) {
  RequestLine request = split(line.request);
  out.text("{\"time\":\""sv).text(context.clock.iso_date()).text("\",\"client\":\""sv);
  write_client(out, client);
  out.byte('"');
  write_member(out, "user"sv, line.user);
  if constexpr (has_tls) write_member(out, "client_subject"sv, line.subject);
  write_member(out, "method"sv, request.method);
  write_member(out, "host"sv, field(line, "host"sv));
  write_member(out, "path"sv, request.path);
  write_member(out, "query"sv, request.query.empty() ? request.query : drop(request.query, 1));
  write_member(out, "protocol"sv, request.protocol);
  out.text(",\"status\":"sv).decimal(static_cast<uint64_t>(line.status)).text(",\"bytes\":"sv);
}

void write_reason(Writer& out, const LogLine& line) {
  if (static_cast<uint64_t>(line.status) < 400) return;
  http::Refusal refusal = line.refusal == http::Refusal::none ? http::refusal_of(line.status) : line.refusal;
  out.text(",\"reason\":\""sv).text(http::refusal_text(refusal)).byte('"');
}

void write_json_tail(Writer& out, const LogContext& context, const LogLine& line) {
  write_member(out, "referer"sv, field(line, "referer"sv));
  write_member(out, "user_agent"sv, field(line, "user-agent"sv));
  write_member(out, "request_id"sv, field(line, "x-request-id"sv));
  write_member(out, "traceparent"sv, field(line, "traceparent"sv));
  if (context.worker > 0) out.text(",\"worker\":"sv).decimal(context.worker);
  write_reason(out, line);
}

Text color_of(http::Status status) {
  switch (static_cast<uint64_t>(status) / 100) {
    case 2: return "\x1b[32m"sv;
    case 3: return "\x1b[36m"sv;
    case 4: return "\x1b[33m"sv;
    default: return "\x1b[31m"sv;
  }
}

void write_terminal_start(Writer& out, const LogContext& context, const LogLine& line) {
  constexpr size_t time_begin = sizeof "2026-11-29T" - 1;
  RequestLine request = split(line.request);
  out.text(take(drop(context.clock.iso_date(), time_begin), 8)).byte(' ');
  if (context.color) out.text(color_of(line.status));
  out.decimal(static_cast<uint64_t>(line.status));
  if (context.color) out.text("\x1b[0m"sv);
  out.byte(' ').text(request.method.empty() ? "-"sv : request.method).byte(' ');
  out.text(cut(request.path)).text(cut(request.query)).byte(' ');
}

// "5.1K": what fits into a column of four.
void write_size(Writer& out, uint64_t bytes) {
  constexpr Text units = "KMGTPE"sv; // the largest number of bytes is 18E
  if (bytes < 1000) {
    out.decimal(bytes).byte('B');
    return;
  }
  size_t unit = 0;
  uint64_t tenths = bytes / 100;
  for (; tenths >= 10'000; unit++) tenths /= 1000;
  out.decimal(tenths / 10);
  if (tenths < 100) out.byte('.').decimal(tenths % 10);
  out.byte(units[unit]);
}

void write_duration(Writer& out, int64_t duration_us) {
  auto us = static_cast<uint64_t>(duration_us);
  if (us < 100'000) {
    out.decimal(us / 1000).byte('.').decimal(us % 1000 / 100).text("ms"sv);
  } else {
    out.decimal(us / 1'000'000).byte('.').decimal(us % 1'000'000 / 100'000).byte('s');
  }
}

} // namespace

size_t log_size_max(LogFormat format, const LogLine& line) {
  size_t request = line.request.size() + line.user.size() + 112 + limits::log_end_max;
  if constexpr (has_tls) request += line.subject.size() * 4;
  if (format == LogFormat::common) return request;
  return format == LogFormat::combined ? request + 2 * limits::log_field_max : limits::log_long_max;
}

void write_log_start(Writer& out, const LogContext& context, const LogLine& line, const IpAddress& client) {
  if (context.format == LogFormat::json) return write_json_start(out, context, line, client);
  if (context.format == LogFormat::terminal) return write_terminal_start(out, context, line);
  // Common Log Format: host - user [time] "request" status bytes; this writes all but the bytes. The request line
  // holds no quote and no control byte: the parser has checked that. One that it refused is "-".
  write_client(out, client);
  out.text(" - ");
  write_user(out, line);
  out.text(" [").text(context.clock.log_date()).text("] \"");
  out.text(line.request.empty() ? "-"sv : line.request);
  out.text("\" ").decimal(static_cast<uint64_t>(line.status)).byte(' ');
}

void write_log_tail(Writer& out, const LogContext& context, const LogLine& line, const IpAddress& client) {
  switch (context.format) {
    case LogFormat::combined:
      write_quoted(out, field(line, "referer"sv));
      write_quoted(out, field(line, "user-agent"sv));
      break;
    case LogFormat::json: write_json_tail(out, context, line); break;
    case LogFormat::terminal: write_client(out.byte(' '), client); break;
    default: break;
  }
}

void write_log_numbers(Writer& out, LogFormat format, uint64_t bytes, int64_t duration_us) {
  bool json = format == LogFormat::json;
  bool terminal = format == LogFormat::terminal;
  if (bytes == unknown_length) {
    out.text(json ? "null"sv : "-"sv);
  } else if (terminal) {
    write_size(out, bytes);
  } else {
    out.decimal(bytes);
  }
  if (duration_us < 0) return;
  if (json) out.text(",\"duration_us\":"sv).decimal(static_cast<uint64_t>(duration_us));
  if (terminal) write_duration(out.byte(' '), duration_us);
}

void write_log_mark(Writer& out, LogFormat format, LogMark mark) {
  bool json = format == LogFormat::json;
  if (mark != LogMark::none) {
    out.text(json ? ",\""sv : " "sv).text(mark == LogMark::early ? "early"sv : "aborted"sv);
    out.text(json ? "\":true"sv : ""sv);
  }
  out.text(json ? "}\n"sv : "\n"sv);
}

void write_log_loss(Writer& out, LogFormat format, uint64_t lines) {
  if (format == LogFormat::json) {
    out.text("{\"dropped\":"sv).decimal(lines).text("}\n"sv);
  } else {
    out.text(MINHTTP_NAME ": log lines dropped: "sv).decimal(lines).byte('\n');
  }
}

} // namespace minhttp::conn
