// SPDX-License-Identifier: MIT
#pragma once
// The streams of a connection: their requests get responses, and these become HEADERS and DATA in the output.

#include "conn/http2.h"
#include "conn/server.h"

namespace minhttp::conn {

// A connection that speaks HTTP/2, while it is being worked on.
struct Http2Connection {
  Server& server;
  Connection& connection;
  Workspace& work;
  Http2& http2;
  h2::Session& session;

  std::span<char> output_left() const { return {work.out + work.out_end, limits::output_bytes - work.out_end}; }
  // Whether another response's head of any length fits, and the short frames that reading may cause.
  bool has_room() const {
    return output_left().size() >= limits::answer_head_max + limits::h2_continuation_room + 2 * limits::h2_control_room;
  }
};

// The stream's request was read. refusal: why it is refused already; none: it is not.
void answer_stream(Http2Connection& c, uint32_t slot, const http::Request& request, http::Refusal refusal);

// Asks again for the responses of streams that have none yet. True: one of them waits for the next turn.
bool answer_undecided(Http2Connection& c);

void release_workspace(Server& server, StreamBody& body);

// The stream's HEADERS or DATA are in the output. end: its response is complete. Closes the stream, or has it wait.
void note_data(Http2Connection& c, uint32_t slot, bool end);

// Fills the output with DATA, in turns. True: a stream has to go on in the next turn.
bool fill_output(Http2Connection& c);

// Ends streams that have waited for the peer since that time or longer. False: the connection must end.
bool reset_overdue(Http2Connection& c, int64_t since_ms);

// Ends the stream with an error.
void reset_stream(Http2Connection& c, uint32_t slot, h2::Error error);

// Releases what is kept of a stream, and closes it. If its response is not complete it is logged as aborted.
void close_stream(Server& server, Connection& connection, uint32_t slot);

} // namespace minhttp::conn
