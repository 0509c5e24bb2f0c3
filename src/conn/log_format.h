// SPDX-License-Identifier: MIT
#pragma once
// The formats of the access log. What is known when the response's head is written is written then; the numbers
// follow its last byte. docs/operations.md shows each format.

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/ip.h"
#include "http/refusal.h"
#include "serve/clock.h"

namespace minhttp::conn {

enum class LogFormat : uint8_t { off, case_study, common, combined, json, terminal };

constexpr uint64_t unknown_length = UINT64_MAX;
constexpr int64_t unknown_duration = -1;

struct LogLine {
  std::string_view request;      // the request line; empty: none that could be read
  std::string_view fields = {};  // the field lines, each with its CR LF
  std::string_view user = {};    // who was let in
  std::string_view subject = {}; // of the client's certificate
  http::Status status;
  http::Refusal refusal = http::Refusal::none; // none: as the status says
  uint64_t bytes;                              // of the response's body, or unknown_length
  const IpAddress* client = nullptr;           // null: the connection's peer
};

// What a line says beside the response, and how.
struct LogContext {
  LogFormat format;
  bool color;      // of the format terminal
  uint32_t worker; // from 1; 0: there are no workers
  const serve::Clock& clock;
};

enum class LogMark : uint8_t { none, early, aborted };

// Whether the end of a line has the duration. Measuring it takes a system call for each response.
constexpr bool has_duration(LogFormat format) { return format == LogFormat::json || format == LogFormat::terminal; }

// The most bytes that a line can have.
size_t log_size_max(LogFormat format, const LogLine& line);

// The four parts of a line, in their order: what stands before the numbers, the numbers, what stands behind them, and
// the mark with the line's end. Of long texts of the request, the first limits::log_field_max bytes are written.
void write_log_start(Writer& out, const LogContext& context, const LogLine& line, const IpAddress& client);
void write_log_numbers(Writer& out, LogFormat format, uint64_t bytes, int64_t duration_us);
void write_log_tail(Writer& out, const LogContext& context, const LogLine& line, const IpAddress& client);
void write_log_mark(Writer& out, LogFormat format, LogMark mark);

// The line that says that lines were lost.
void write_log_loss(Writer& out, LogFormat format, uint64_t lines);

} // namespace minhttp::conn
