// SPDX-License-Identifier: MIT
// A tour: answer_stream() has serve::decide() choose the response, and write_response() begins it; fill_output() goes
// on with it, frame by frame, and close_stream() ends it.

#include "conn/http2_streams.h"

#include "base/bytes.h"
#include "conn/access_log.h"
#include "conn/answer.h"
#include "conn/metering.h"
#include "h2/control_frames.h"
#include "h2/write_head.h"
#include "serve/decide.h"

namespace minhttp::conn {
namespace {

using http::Refusal;
using serve::Response;

// serve knows connections and streams by one number.
uint32_t ticket_of(const Server& server, uint32_t slot) {
  return static_cast<uint32_t>(server.connections.size()) + slot;
}

bool waits_for_check(const Server& server, uint32_t slot) {
  const auth::Authenticator* authenticator = server.context.access.authenticator;
  return authenticator != nullptr && authenticator->waits(ticket_of(server, slot));
}

// Null: all workspaces are taken.
Workspace* workspace_of(Server& server, StreamBody& body) {
  if (body.workspace == Pool::none) {
    body.workspace = server.free_workspaces.take();
    if (body.workspace == Pool::none) return nullptr;
    Workspace& work = server.workspaces[body.workspace];
    work.in_begin = work.in_end = work.out_begin = work.out_end = 0;
  }
  return &server.workspaces[body.workspace];
}

// Why a request is refused before anybody decides; none: it is not.
Refusal refusal_of(const Server& server, const http::Request& request) {
  if (request.expect_unknown) return Refusal::unknown_expectation;
  bool long_body = request.framing == http::Framing::length && request.content_length > server.body_max;
  return long_body ? Refusal::body_too_large : Refusal::none;
}

// Keeps the request until it can be decided. False: there is no memory for it.
bool keep_request(Http2Connection& c, StreamBody& body, const http::Request& request) {
  if (body.workspace != Pool::none) return true; // it is kept already
  Workspace* work = workspace_of(c.server, body);
  if (work == nullptr) return false;
  std::span<char> text = c.http2.shared.text;
  __builtin_memcpy(work->in, text.data(), text.size());
  work->request = request;
  work->request.move(text.data(), work->in);
  return true;
}

// Puts the beginning of the body where it can be sent from. False: there is no memory for it.
bool begin_body(Http2Connection& c, StreamBody& body, Response& response) {
  bool multipart = response.ranges.count > 1;
  bool texts = multipart || response.body == Response::Body::text || response.body == Response::Body::listing;
  Workspace* work = texts ? workspace_of(c.server, body) : nullptr;
  if (texts && work == nullptr) return false;
  if (multipart) {
    work->multipart = {.ranges = response.ranges,
                       .size = response.file_size,
                       .type = response.head.type,
                       .boundary = c.server.boundaries.next()};
    response.head.boundary = work->multipart.boundary_text();
  }
  body.multipart = multipart;
  switch (response.body) {
    case Response::Body::none: break;
    case Response::Body::text:
      __builtin_memcpy(work->out, response.text.data(), response.text.size());
      work->out_end = static_cast<uint32_t>(response.text.size());
      break;
    case Response::Body::file:
      body.source = static_cast<site::Source&&>(response.source);
      body.offset = response.part.first;
      body.left = multipart ? 0 : response.part.length;
      break;
    case Response::Body::listing: body.listing = response.listing; break;
  }
  return true;
}

// The request as it was written down, which is the key of its response in the response cache.
std::string_view text_of(const http::Request& request) {
  const char* begin = request.line.data();
  return {begin, static_cast<size_t>(request.fields.data() + request.fields.size() + 2 - begin)};
}

// Whether the response may be replayed to the same request later: that has no body. Its fields are there: a request
// without a host is malformed (RequestReader::finish).
bool may_replay(const h2::Stream& stream, const http::Request& request) {
  return stream.peer_ended && request.framing == http::Framing::none;
}

// Answers as a moment ago, where the request is the same. False: it is not, or the response no longer holds.
bool replay(Http2Connection& c, uint32_t slot, const http::Request& request) {
  h2::Stream& stream = c.http2.shared.streams[slot];
  if (!may_replay(stream, request) || c.connection.kind != ListenerKind::http) return false;
  const CachedResponse* known = find_kept(c.server, text_of(request));
  if (known == nullptr) return false;
  StreamBody& body = c.http2.bodies[slot];
  bool ends = known->body_bytes == 0;
  if (!ends) {
    body.source = known->source();
    body.left = known->body_bytes;
  }
  char* at = c.work.out + c.work.out_end;
  Writer block(c.output_left().subspan(h2::frame_header_bytes));
  c.session.write_table_size(block);
  block.text(known->head_view());
  c.work.out_end += static_cast<uint32_t>(c.session.frame_block(at, block.size(), stream, ends));
  IpAddress client = client_of(c.server, c.connection, request.fields);
  body.log_record = log_stream(c.server, c.connection,
                               {.request = request.line,
                                .fields = request.fields,
                                .subject = subject_of(c.server, c.connection),
                                .status = known->status,
                                .bytes = known->body_bytes,
                                .client = &client});
  meter_stream(c.server, c.connection, body, method_of_replayed(request.line), known->status);
  if (c.server.metrics != nullptr) (*c.server.metrics)[metrics::Count::replayed].add(1);
  note_data(c, slot, ends);
  return true;
}

// Writes HEADERS. If the body does not follow, the response is complete.
void write_response(Http2Connection& c, uint32_t slot, const serve::Exchange& exchange, Response& response) {
  StreamBody& body = c.http2.bodies[slot];
  h2::Stream& stream = c.http2.shared.streams[slot];
  bool listing = response.body == Response::Body::listing;
  bool ends = response.body == Response::Body::none || (listing && exchange.request.method == http::Method::head);
  if (listing && ends) c.server.context.listings.end(response.listing, exchange.ticket);
  if (!ends && !begin_body(c, body, response)) {
    if (listing) c.server.context.listings.end(response.listing, exchange.ticket);
    return reset_stream(c, slot, h2::Error::refused_stream); // nothing was done: the client may try again
  }
  char* at = c.work.out + c.work.out_end;
  std::span<char> room = c.output_left().subspan(h2::frame_header_bytes);
  Writer table_size(room);
  size_t block = c.session.write_table_size(table_size);
  size_t head = h2::write_head(room.subspan(block), response.head);
  if (response.repeatable && may_replay(stream, exchange.request)) {
    std::string_view request = text_of(exchange.request);
    CachedResponse* kept = keep(c.server, request, request.size(), ends ? response.source : body.source,
                                response.head.status, {room.data() + block, head});
    if (kept != nullptr) {
      kept->line_size = static_cast<uint32_t>(exchange.request.line.size());
      kept->body_bytes = ends ? 0 : *response.head.length;
      kept->close = false;
    }
  }
  block += head;
  c.work.out_end += static_cast<uint32_t>(c.session.frame_block(at, block, stream, ends));
  meter_stream(c.server, c.connection, body, exchange.request.method, response.head.status);
  if (response.logged) {
    body.log_record = log_stream(c.server, c.connection,
                                 {.request = exchange.request.line,
                                  .fields = exchange.request.fields,
                                  .user = exchange.user,
                                  .subject = subject_of(c.server, c.connection),
                                  .status = response.head.status,
                                  .refusal = response.refusal,
                                  .bytes = listing ? unknown_length
                                           : ends  ? 0
                                                   : *response.head.length,
                                  .client = &exchange.client});
  }
  bool texts = body.multipart || body.listing != serve::Listings::none || response.body == Response::Body::text;
  if (!texts) release_workspace(c.server, body); // of a request that was undecided
  note_data(c, slot, ends);
}

} // namespace

void release_workspace(Server& server, StreamBody& body) {
  if (body.workspace != Pool::none) server.free_workspaces.give_back(body.workspace);
  body.workspace = Pool::none;
}

// If that is one too many, in_http2() ends the connection.
void reset_stream(Http2Connection& c, uint32_t slot, h2::Error error) {
  Writer out(c.output_left());
  (void)c.session.reset(c.http2.shared, slot, error, out);
  c.work.out_end += static_cast<uint32_t>(out.size());
  close_stream(c.server, c.connection, slot);
}

void answer_stream(Http2Connection& c, uint32_t slot, const http::Request& request, Refusal refusal) {
  if (refusal == Refusal::none && replay(c, slot, request)) return;
  StreamBody& body = c.http2.bodies[slot];
  serve::Context& context = c.server.context;
  IpAddress client = client_of(c.server, c.connection, request.fields);
  serve::Exchange exchange = {.request = request,
                              .client = client,
                              .ticket = ticket_of(c.server, slot),
                              .denied = body.denied,
                              .admin = c.connection.kind == ListenerKind::admin,
                              .redirects = redirects(c.connection)};
  body.denied = false;
  if (refusal == Refusal::none) refusal = refusal_of(c.server, request);
  Response response;
  if (refusal != Refusal::none) {
    serve::decide_refusal(context, exchange, refusal, response);
  } else {
    if (context.cache != nullptr) context.cache->begin(context.clock.now_ms(), context.clock.seconds());
    if (!serve::decide(context, exchange, response)) {
      if (!keep_request(c, body, request)) return reset_stream(c, slot, h2::Error::refused_stream);
      return c.session.wait_for_decision(c.http2.shared, slot);
    }
  }
  write_response(c, slot, exchange, response);
}

bool answer_undecided(Http2Connection& c) {
  bool again = false;
  size_t count = c.session.open_streams().size(); // each stream once, though answers close some
  for (size_t i = 0; i < count && c.has_room(); i++) {
    uint32_t slot = c.session.next_undecided(c.http2.shared);
    if (slot == Pool::none) return false;
    if (waits_for_check(c.server, slot)) continue;
    if (again) return true; // they wait for the same thing: hashes of files, of which each turn computes a part
    answer_stream(c, slot, c.server.workspaces[c.http2.bodies[slot].workspace].request, Refusal::none);
    again = c.session.is_undecided(c.http2.shared, slot);
  }
  return again;
}

void close_stream(Server& server, Connection& connection, uint32_t slot) {
  Http2& http2 = *server.http2;
  StreamBody& body = http2.bodies[slot];
  if (auto* authenticator = server.context.access.authenticator) authenticator->leave(ticket_of(server, slot));
  if (body.listing != serve::Listings::none) server.context.listings.end(body.listing, ticket_of(server, slot));
  log_stream_aborted(server, body.log_record, body.sent);
  meter_stream_aborted(server, body);
  release_workspace(server, body);
  body.source.close();
  body = {};
  http2.sessions[connection.session].close(http2.shared, slot);
}

bool reset_overdue(Http2Connection& c, int64_t since_ms) {
  while (true) {
    uint32_t slot = c.session.overdue(c.http2.shared, since_ms);
    if (slot == Pool::none) return true;
    Writer out(c.output_left());
    if (out.room() < limits::h2_control_room) return true; // then the output has its deadline
    bool calm = c.session.reset(c.http2.shared, slot, h2::Error::cancel, out);
    c.work.out_end += static_cast<uint32_t>(out.size());
    close_stream(c.server, c.connection, slot);
    if (!calm) return false;
  }
}

} // namespace minhttp::conn
