// SPDX-License-Identifier: MIT
#pragma once
// A connection that speaks HTTP/2. Its h2::Session reads the frames and decides whose turn it is; here the requests get
// their responses, and the responses become frames.

#include <cstdint>
#include <span>

#include "base/pool.h"
#include "conn/connection.h"
#include "conn/wants.h"
#include "h2/session.h"
#include "serve/listings.h"
#include "site/source.h"

namespace minhttp::conn {

struct Server;

// What is left of a stream's response. Made when its request is read.
struct StreamBody {
  site::Source source;
  uint64_t offset = 0;
  uint64_t left = 0;                // bytes of source, from offset on
  uint64_t sent = 0;                // bytes of the body in DATA frames until now
  uint32_t workspace = Pool::none;  // of a stream whose request is undecided, or whose body has texts
  uint32_t log_record = Pool::none; // access_log.h
  uint32_t begun_ms = 0;            // metering.h: when the request was read
  uint8_t listing = serve::Listings::none;
  bool answered = false;  // metering.h: a response has begun and not ended
  bool multipart = false; // more parts of the file follow, or the last boundary
  bool denied = false;    // the password was wrong
};

// The HTTP/2 of a worker. All memory is there from the start.
struct Http2 {
  h2::Shared shared = {};
  std::span<StreamBody> bodies = {}; // one for each of shared.streams
  std::span<h2::Session> sessions = {};
  Pool free_sessions = Pool({});
  std::span<char> tables = {}; // of all sessions
  uint32_t table_size = 0;     // SETTINGS_HEADER_TABLE_SIZE
  bool drains = false;         // no new streams: the worker ends or retires
};

static_assert(sizeof(h2::Session) + h2::DynamicTable::memory_for(limits::hpack_table_initial) <= 8192,
              "an idle connection must stay cheap");

// Whether the bytes begin HTTP/2's preface, as far as they go (RFC 9113 section 3.4).
bool begins_http2(std::string_view input);

// The connection has sent the preface, which is its input's beginning. If all sessions are taken, it ends with GOAWAY.
void begin_http2(Server& server, Connection& connection, Workspace& work);

// In place of a session: GOAWAY, which says that no stream was answered, and the end.
void refuse_http2(Connection& connection, Workspace& work, h2::Error why);

// Uses up the input, adds what is to be sent to the output, and says what the connection wants. False: nothing yet, it
// is in another state.
bool in_http2(Server& server, Connection& connection, Workspace& work, Wants& wants);

// The kernel has taken bytes of the output.
void note_http2_sent(Server& server, const Connection& connection, size_t bytes);

// The deadline of a timer has passed. But for that of streams, the connection ends with GOAWAY.
void http2_timed_out(Server& server, Connection& connection, Workspace& work, Timer timer);

// What the connection waits for, where its output was sent.
Timer http2_timer(const Server& server, const Connection& connection, bool has_input);

// Ends all streams, whose log lines are written, and gives the session back.
void close_http2(Server& server, Connection& connection);

// The password check of a ticket is done (serve::Exchange): notes whether it was wrong, and returns the connection that
// waits for it. Connections' slots come first, then streams'.
Connection& note_checked(Server& server, uint32_t ticket, bool denied);

} // namespace minhttp::conn
