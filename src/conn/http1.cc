// SPDX-License-Identifier: MIT
// A tour: in_head() has the request parsed, begin() has it answered or its body read by in_body(); in_pending() asks
// again for a response that could not be decided, and in_sending() sends what did not fit the output. Responses that
// fit are gathered there, so that a pipelined batch leaves in one write.

#include "conn/http1.h"

#include "base/bytes.h"
#include "conn/admission.h"
#include "conn/answer.h"
#include "conn/http2.h"
#include "conn/listing_body.h"
#include "conn/metering.h"
#include "conn/workspace.h"
#include "h1/proxy_protocol.h"
#include "serve/decide.h"
#include "tables/program.h"

namespace minhttp::conn {
namespace {

using h1::Outcome;
using http::Refusal;

// Whether another response head of any length can be appended.
bool has_room(const Workspace& work) { return limits::output_bytes - work.out_end >= limits::answer_head_max; }

// The part of a head that was parsed already points to the old place, so it is parsed again.
void restart_in_front(Workspace& work) {
  move_input(work, 0);
  if (work.progress.seen == 0) return; // nothing was
  work.progress = {};
  work.request = {};
}

// To the front of the input, so that the longest head fits.
bool recv_head(Workspace& work, Wants& wants) {
  if (work.in_begin > 0) restart_in_front(work);
  wants.recv({work.in + work.in_end, limits::head_max - work.in_end});
  return true;
}

// Behind the head, which the response still needs.
bool recv_body(Workspace& work, Wants& wants) {
  move_input(work, work.body_begin);
  wants.recv({work.in + work.in_end, sizeof work.in - work.in_end});
  return true;
}

// The part of the body that is in memory, and is sent next; empty where it comes from a file. A file of a pack has any
// size, and is sent in pieces, as others are by sendfile.
std::string_view body_in_memory(const Connection& c) {
  const char* memory = c.body_left > 0 ? c.source.memory() : nullptr;
  if (memory == nullptr) return {};
  bool pieces = c.source.is_fixed() && c.body_left > limits::sendfile_max;
  return {memory + c.body_offset, pieces ? limits::sendfile_max : static_cast<size_t>(c.body_left)};
}

// The output, and with it the body if that is in memory.
bool send(const Connection& c, const Workspace& work, Wants& wants) {
  std::string_view body = body_in_memory(c);
  // MSG_MORE holds the segment back where more follows at once: the file, another part, or the end.
  bool follows = c.body_left > body.size() || c.multipart || c.lists();
  bool last = !follows && c.close && !c.linger && c.state == State::sending;
  wants.send({work.out + work.out_begin, work.out_end - work.out_begin}, body, follows || last);
  return true;
}

// The response is in the output, or with the connection. Chooses the next state.
void go_on(Connection& c, const Workspace& work) {
  c.state = c.close || c.body_left > 0 || c.multipart || c.lists() ? State::sending : State::head;
  c.restart_timer = true;
  // Input behind the last request: a close on unread bytes is a reset, and the reset could
  // overtake the response.
  if (c.close && has_input(&work)) c.linger = true;
}

void next_request(Connection& c, Workspace& work) {
  work.progress = {};
  work.request = {};
  go_on(c, work);
}

// False: there is no response yet; in_pending() asks again.
bool answer_request(Server& server, Connection& c, Workspace& work) {
  if (!answer(server, c, work)) {
    c.state = State::pending;
    return false;
  }
  next_request(c, work);
  return true;
}

// The head is complete. Answers the request, or begins to read its body.
void begin(Server& server, Connection& c, Workspace& work) {
  http::Request& request = work.request;
  if (server.client_limits != nullptr && asks_too_often(server, c, request)) {
    return (void)refuse_request(server, c, work, Refusal::client_rate);
  }
  if (request.expect_unknown) return (void)refuse_request(server, c, work, Refusal::unknown_expectation);
  if (request.framing == http::Framing::none) return (void)answer_request(server, c, work);
  if (request.framing == http::Framing::length && request.content_length > server.body_max) {
    return (void)refuse_request(server, c, work, Refusal::body_too_large);
  }
  if (request.expect_continue) {
    if (!serve::serves(server.context, request.method)) { // the final answer at once; the body may follow or not
      c.close = true;
      c.linger = true;
      return (void)answer_request(server, c, work);
    }
    if (!has_input(&work)) write_continue(work); // else the client did not wait
  }
  work.body = h1::start_body(request);
  work.body_begin = work.in_begin;
  c.state = State::body;
}

// Empty lines before a request are no part of it (RFC 9112 section 2.2), nor of its limit.
void skip_empty_lines(Workspace& work) {
  while (!work.progress.in_fields && starts_with(input(work), "\r\n")) work.in_begin += 2;
}

// The first bytes may be HTTP/2's preface.
bool may_be_http2(const Server& server, const Connection& c, const Workspace& work) {
  if (server.http2 == nullptr || c.requests > 0) return false;
  if (has_tls && !(c.secure ? c.chose_http2 : server.plain_http2)) return false;
  return begins_http2(input(work));
}

bool in_preface(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (input(work).size() < h2::client_preface().size()) {
    return c.end ? want(Wants::Kind::close, wants) : recv_head(work, wants);
  }
  begin_http2(server, c, work);
  return false;
}

// A client that speaks https to a port of http: a record with a handshake (RFC 8446 section 5.1).
[[maybe_unused]] bool begins_tls(std::string_view input) { return starts_with(input, "\x16\x03"); }

bool waits_for_check(const Server& server, const Connection& c) {
  const auth::Authenticator* authenticator = server.context.access.authenticator;
  return authenticator != nullptr && authenticator->waits(server.timers.slot_of(c));
}

} // namespace

bool refuse_request(Server& server, Connection& c, Workspace& work, Refusal refusal) {
  refuse(server, c, work, refusal);
  next_request(c, work);
  return false;
}

namespace {

// The header of the PROXY protocol, from a trusted proxy. Without one there is nobody to answer: the connection ends.
bool in_proxy_header(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (!server.context.client.trusted.contain(c.peer)) return want(Wants::Kind::close, wants);
  h1::ProxyHeader header = h1::parse_proxy_header(input(work));
  switch (header.kind) {
    case h1::ProxyHeader::Kind::refused: return want(Wants::Kind::close, wants);
    case h1::ProxyHeader::Kind::more: return c.end ? want(Wants::Kind::close, wants) : recv_head(work, wants);
    case h1::ProxyHeader::Kind::done: break;
  }
  work.in_begin += static_cast<uint32_t>(header.length);
  // A proxy that cannot name its client may forward what that client writes.
  c.unnamed = !header.client;
  if (header.client) c.peer = *header.client;
  c.kind = ListenerKind::http;
  if (!has_room_for(server, c.peer)) {
    note_limit_refusal(server, ReachedLimit::client_connections);
    return refuse_request(server, c, work, Refusal::client_connections);
  }
  count_connection(server, c);
  return false;
}

// There is no whole head. Responses to the requests before it leave first.
bool await_head(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (has_output(&work)) return send(c, work, wants);
  if (c.end || (server.closes_idle && c.heard)) { // the request of a new client may still be on its way
    if (!has_input(&work)) return want(Wants::Kind::close, wants);
    if (c.end) return refuse_request(server, c, work, Refusal::incomplete_request);
  }
  return recv_head(work, wants);
}

} // namespace

bool in_head(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (c.kind == ListenerKind::proxied) return in_proxy_header(server, c, work, wants);
  if (may_be_http2(server, c, work)) return in_preface(server, c, work, wants);
#ifdef MINHTTP_TLS
  if (c.chose_http2 && has_input(&work)) { // RFC 9113 section 3.4: this is not the preface
    refuse_http2(c, work, h2::Error::protocol_error);
    return false;
  }
  if (c.requests == 0 && begins_tls(input(work))) return refuse_request(server, c, work, Refusal::tls_to_http);
#endif
  if (has_output(&work) && !has_room(work)) return send(c, work, wants);
  skip_empty_lines(work);
  if (!has_input(&work)) return await_head(server, c, work, wants);
  if (replay(server, c, work)) {
    go_on(c, work);
    return false;
  }
  Outcome outcome = h1::parse_head(input(work), work.progress, work.request);
  switch (outcome.kind) {
    case Outcome::Kind::done:
      if (work.request.framing != http::Framing::none && work.in_begin + outcome.length > limits::head_max) {
        restart_in_front(work); // so that its body has room behind it; then parse again
        return false;
      }
      work.in_begin += static_cast<uint32_t>(outcome.length);
      begin(server, c, work);
      return false;
    case Outcome::Kind::reject: return refuse_request(server, c, work, outcome.refusal);
    case Outcome::Kind::more: break;
  }
  return await_head(server, c, work, wants);
}

bool in_body(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (has_output(&work)) return send(c, work, wants); // 100 Continue, and answers before it
  Outcome outcome = h1::drop_body(input(work), work.body, server.body_max);
  switch (outcome.kind) {
    case Outcome::Kind::done:
      work.in_begin += static_cast<uint32_t>(outcome.length);
      (void)answer_request(server, c, work);
      return false;
    case Outcome::Kind::reject: return refuse_request(server, c, work, outcome.refusal);
    case Outcome::Kind::more: work.in_begin += static_cast<uint32_t>(outcome.length); break;
  }
  if (c.end) return refuse_request(server, c, work, Refusal::incomplete_request);
  return recv_body(work, wants);
}

bool in_pending(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (has_output(&work)) return send(c, work, wants);
  if (!waits_for_check(server, c) && answer_request(server, c, work)) return false;
  return want(waits_for_check(server, c) ? Wants::Kind::wait : Wants::Kind::pause, wants);
}

bool in_sending(Server& server, Connection& c, Workspace* work, Wants& wants) {
  // Nothing is added to what has been sent in part: asked again, we want the same.
  if (c.lists() && work->out_begin == 0) {
    using Filled = serve::Listings::Filled;
    Filled filled = fill(server, c, *work);
    if (filled == Filled::pause) return want(Wants::Kind::pause, wants);
    if (filled == Filled::failed) return want(Wants::Kind::close, wants);
  }
  if (c.multipart && c.body_left == 0) {
    if (auto part = next_part(*work)) {
      c.body_offset = part->first;
      c.body_left = part->length;
    } else {
      c.multipart = false;
      c.source.close();
    }
  }
  if (has_output(work)) return send(c, *work, wants);
  if (std::string_view body = body_in_memory(c); !body.empty()) {
    wants.send(body, {}, body.size() < c.body_left || c.multipart || (c.close && !c.linger));
    return true;
  }
  if (c.body_left > 0) {
    size_t count = c.body_left < limits::sendfile_max ? static_cast<size_t>(c.body_left) : limits::sendfile_max;
    wants.send_file(c.source.file(), c.body_offset, count);
    return true;
  }
  if (!c.close) {
    c.state = State::head;
    return false;
  }
  if (!c.linger || c.end) return want(Wants::Kind::close, wants);
  c.state = State::lingering;
  return false;
}

} // namespace minhttp::conn
