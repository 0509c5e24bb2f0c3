// SPDX-License-Identifier: MIT
#pragma once
// A connection's slot, and the workspace that it has only while a request is under way.

#include <cstdint>

#include "base/ip.h"
#include "base/list.h"
#include "base/pool.h"
#include "h1/body.h"
#include "h1/parse.h"
#include "http/multipart.h"
#include "serve/listings.h"
#include "site/source.h"
#include "sys/fd.h"
#include "tables/limits.h"
#include "tables/program.h"

namespace minhttp::conn {

// What a connection waits for. Each kind has one duration: see timers.h.
enum class Timer : uint8_t {
  first,     // the first byte of the first request
  idle,      // the first byte of another request
  head,      // the end of a head
  body,      // the end of a request body
  send,      // the peer to take more of a response that needs the workspace
  file,      // or of one that does not: the rest of a file
  send_slow, // as send and file, where nothing could be written for limits::send_check_ms: the
  file_slow, // kernel knows what the peer has taken since (conn/uptake.h)
  linger,    // the peer to close, after our last byte
  check,     // the check of a password, or the hash of a file
  streams,   // of HTTP/2: the peer to let a stream send, or to end a stream's request
  none
};
constexpr size_t timer_count = static_cast<size_t>(Timer::none);

// The kind of the listener that a connection came in by.
enum class ListenerKind : uint8_t {
  http,
  proxied, // each connection begins with a header of the PROXY protocol
  admin,   // health and metrics instead of the site
  redirect // to https; in minhttps only
};

// Whether who connects is the client. Behind the PROXY protocol that is known later, and --admin has no clients.
constexpr bool knows_client(ListenerKind kind) {
  return kind == ListenerKind::http || (has_tls && kind == ListenerKind::redirect);
}

enum class State : uint8_t {
  head,      // a request head is awaited or being read
  body,      // its body is read and dropped
  pending,   // no response yet: a password is being checked, or a file's hash is being computed
  sending,   // a response is under way: a file, a listing, or the last one of the connection
  lingering, // our side is shut down, what the peer still sends is read and dropped
  http2      // the connection has a session, which has states of its own (http2.h)
};

// The memory that a connection needs while a request is under way: input, output, the parsers' state, and the
// ranges of a multipart response. Nothing in it outlives the request.
struct Workspace {
  uint32_t in_begin = 0; // bytes that are not used up yet: in[in_begin, in_end)
  uint32_t in_end = 0;
  uint32_t out_begin = 0; // bytes that are not sent yet
  uint32_t out_end = 0;
  h1::Progress progress;
  http::Request request;
  h1::BodyProgress body;
  uint32_t body_begin = 0;   // where the head ends that the answer will need
  uint64_t received = 0;     // bytes since the workspace was taken
  uint64_t lingered = 0;     // bytes dropped after the response
  http::Multipart multipart; // the answer under way, where the connection says so
  char in[limits::head_max + limits::body_window];
  char out[limits::output_bytes];
};

// A connection's slot. An idle connection of HTTP/1 owns nothing else; one of HTTP/2 has a session.
struct Connection {
  sys::Fd socket;
  uint32_t begun_ms = 0; // metering.h: when the first byte came of what is not answered yet; 0: nothing
  site::Source source;   // of the rest of a response's body
  uint64_t body_offset = 0;
  uint64_t body_left = 0;
  uint64_t sent = 0;               // bytes of all responses that the kernel has taken
  int64_t deadline_ms = 0;         // of timer
  Links timer_links = {};          // among the connections that wait under the same timer
  uint32_t turn_next = Pool::none; // the next one in the loop's run queue
  uint32_t generation = 0;         // so that a late event for the slot's former owner is recognised
  uint32_t workspace = Pool::none;
  uint32_t log_record = Pool::none; // of the first response that is not out yet (access_log.h)
  uint32_t requests = 0;
  uint32_t written = 0;                    // bytes of responses that the kernel took since the send timer was set
  uint32_t unacked = 0;                    // under a slow one: bytes not acknowledged by the peer when it was set
  uint32_t session = Pool::none;           // of HTTP/2 (http2.h)
  uint16_t answered = 0;                   // metering.h: responses whose last byte is not sent yet
  uint16_t client_place = 0;               // where it is counted, if it is (client_limits.h)
  uint8_t listing = serve::Listings::none; // its place among serve::Context::listings
  State state = State::head;
  ListenerKind kind = ListenerKind::http;
  Timer timer = Timer::none;
  bool restart_timer = false;
  bool close = false;             // after this response
  bool linger : 1 = false;        // it is not closed at once, since the peer may still be sending
  bool shut : 1 = false;          // our side is shut down
  bool end : 1 = false;           // the peer's side is, and all that it sent was read
  bool at_work : 1 = false;       // queued, and had a workspace
  bool end_ahead : 1 = false;     // epoll reported the peer's end, behind bytes that are still to be read
  bool multipart : 1 = false;     // more parts of the file follow, or the last boundary; keeps the workspace
  bool denied : 1 = false;        // the password was wrong
  bool chunked : 1 = false;       // the listing is sent in chunks
  bool heard : 1 = false;         // the client has sent something
  bool passed_on : 1 = false;     // another process has the socket: nothing is logged here
  bool unnamed : 1 = false;       // its proxy has not said who the client is: the fields of requests do not either
  bool counted : 1 = false;       // among the connections of its client
  bool received_last : 1 = false; // the last call of the loop was a read
  bool secure : 1 = false;        // through TLS (tls/transport.h); never in minhttp
  bool chose_http2 : 1 = false;   // in the handshake (ALPN)
  bool holds_tls : 1 = false;     // memory of OpenSSL, which closing it sets free
  bool readable = true;           // as far as the loop knows
  bool writable = true;
  uint8_t watched = 0; // what epoll watches the socket for: 0 nothing, 1 reading, 2 writing too
  bool queued = false; // in the loop's list
  IpAddress peer = {};

  bool lists() const { return listing != serve::Listings::none; }
};
static_assert(limits::listings <= serve::Listings::none);
static_assert(sizeof(Connection) <= 128, "an idle connection must stay cheap");

// Whether its requests are sent to https.
constexpr bool redirects(const Connection& connection) { return has_tls && connection.kind == ListenerKind::redirect; }

} // namespace minhttp::conn
