// SPDX-License-Identifier: MIT
// A tour: answer() lets serve::decide() choose the response, and write() puts it into the output; replay() does the
// same from the cache of responses.

#include "conn/answer.h"

#include "base/bytes.h"
#include "conn/access_log.h"
#include "conn/admission.h"
#include "conn/metering.h"
#include "h1/write_head.h"
#include "serve/decide.h"
#include "site/greeting.h"

namespace minhttp::conn {
namespace {

using http::Method;
using http::Status;
using serve::Response;

// The field lines of the request that input begins with, behind the CR LF of its line.
std::string_view fields_of(const CachedResponse& known, std::string_view input) {
  return drop(take(input, known.request_size - 2), known.line_size + 2);
}

std::span<char> output_left(Workspace& work) { return {work.out + work.out_end, limits::output_bytes - work.out_end}; }

void append(Workspace& work, std::string_view text) {
  CHECK(text.size() <= output_left(work).size());
  __builtin_memcpy(work.out + work.out_end, text.data(), text.size());
  work.out_end += static_cast<uint32_t>(text.size());
}

// Copies a small body behind its head, so that more responses can be gathered. False: this body is not in memory
// (null), it is too long, or there is no room.
bool copy_body(Workspace& work, const char* memory, http::Part part) {
  if (memory == nullptr || part.length > limits::body_copied_max || part.length > output_left(work).size())
    return false;
  append(work, {memory + part.first, part.length});
  return true;
}

void add_body(Connection& connection, Workspace& work, site::Source&& source, http::Part part) {
  if (copy_body(work, source.memory(), part)) return;
  if (part.length <= limits::body_in_memory_max && part.length <= output_left(work).size() &&
      source.read(part.first, output_left(work).first(part.length))) {
    work.out_end += static_cast<uint32_t>(part.length);
    return;
  }
  connection.source = static_cast<site::Source&&>(source);
  connection.body_offset = part.first;
  connection.body_left = part.length;
}

// Decides whether the connection stays open after this response, and how the head says so.
h1::Persistence persistence(const Server& server, Connection& connection, const http::Request& request) {
  connection.requests++;
  if (server.draining || !request.persistent() || connection.requests == server.requests_max) connection.close = true;
  if (connection.close) {
    // The server closes, not the client, which may have sent more already: closing a socket with unread bytes sends a
    // reset, which can overtake the response.
    if (request.persistent()) connection.linger = true;
    return h1::Persistence::close;
  }
  return request.minor == 0 ? h1::Persistence::keep_10 : h1::Persistence::keep;
}

// find_kept(), without a call for every request of HTTP/1.
[[gnu::always_inline]] inline CachedResponse* find_valid(Server& server, std::string_view input) {
  if (server.responses == nullptr) return nullptr;
  const serve::Clock& clock = server.context.clock;
  Moment moment = {clock.now_ms(), clock.seconds(), server.context.generation};
  CachedResponse* known = server.responses->find(input, moment);
  if (known == nullptr || server.context.cache->is_careful(clock.now_ms())) return nullptr;
  if (!known->is_fixed()) known->file->asked_again = true;
  return known;
}

// Stores a response for replay. head: as it was written.
void keep_for_replay(Server& server, const Connection& connection, const Workspace& work, const Response& response,
                     std::string_view head, uint64_t body_bytes) {
  const http::Request& request = work.request;
  if (connection.linger || request.framing != http::Framing::none || request.fields.empty()) return;
  const char* begin = request.line.data();
  auto size = static_cast<size_t>(request.fields.data() + request.fields.size() + 2 - begin);
  auto input = static_cast<size_t>(work.in + work.in_end - begin);
  CachedResponse* entry = keep(server, {begin, input}, size, response.source, response.head.status, head);
  if (entry == nullptr) return;
  entry->line_size = static_cast<uint32_t>(request.line.size());
  entry->body_bytes = body_bytes;
  entry->close = connection.close;
}

// The response has several parts, which next_part() writes one by one.
void begin_multipart(Server& server, Workspace& work, Response& response) {
  work.multipart = {.ranges = response.ranges,
                    .size = response.file_size,
                    .type = response.head.type,
                    .boundary = server.boundaries.next()};
  response.head.boundary = work.multipart.boundary_text();
}

void write(Server& server, Connection& connection, Workspace& work, const serve::Exchange& exchange,
           Response& response) {
  const http::Request& request = exchange.request;
  bool listing = response.body == Response::Body::listing;
  bool chunked = listing && request.minor >= 1;
  if (response.close || (listing && !chunked)) connection.close = true;
  bool multipart = response.ranges.count > 1;
  if (multipart) begin_multipart(server, work, response);
  bool body = response.body != Response::Body::none;
  uint64_t body_bytes = listing ? unknown_length : body ? *response.head.length : 0;
  h1::Persistence lives_on = persistence(server, connection, request);
  size_t head = h1::write_head(output_left(work), response.head, lives_on, chunked);
  std::string_view written = {work.out + work.out_end, head};
  work.out_end += static_cast<uint32_t>(head);
  if (response.logged)
    log_response(server, connection,
                 {.request = request.line,
                  .fields = request.fields,
                  .user = exchange.user,
                  .subject = subject_of(server, connection),
                  .status = response.head.status,
                  .refusal = response.refusal,
                  .bytes = body_bytes,
                  .client = &exchange.client});
  meter_response(server, connection, request.method, response.head.status);
  if (response.repeatable) keep_for_replay(server, connection, work, response, written, body_bytes);
  switch (response.body) {
    case Response::Body::none: break;
    case Response::Body::text: append(work, response.text); break;
    case Response::Body::file:
      if (multipart) {
        connection.multipart = true;
        connection.source = static_cast<site::Source&&>(response.source);
      } else {
        add_body(connection, work, static_cast<site::Source&&>(response.source), response.part);
      }
      break;
    case Response::Body::listing:
      if (request.method == Method::head) {
        server.context.listings.end(response.listing, exchange.ticket);
        log_length(server, connection); // no body follows
      } else {
        connection.listing = response.listing;
        connection.chunked = chunked;
      }
      break;
  }
}

void write_greeting(Server& server, Connection& connection, Workspace& work) {
  connection.close = true;
  bool head_only = work.request.method == Method::head;
  uint64_t bytes = head_only ? 0 : site::greeting().size() - site::greeting_head().size();
  append(work, site::greeting_head());
  connection.requests++;
  log_response(server, connection,
               {.request = work.request.line, .fields = work.request.fields, .status = Status::ok, .bytes = bytes});
  meter_response(server, connection, work.request.method, Status::ok);
  if (!head_only) append(work, drop(site::greeting(), site::greeting_head().size()));
}

} // namespace

CachedResponse* keep(Server& server, std::string_view input, size_t request_size, const site::Source& source,
                     Status status, std::string_view head) {
  if (server.responses == nullptr) return nullptr;
  CachedResponse* entry = server.responses->prepare(input, request_size, head.size());
  if (entry == nullptr) return nullptr;
  __builtin_memcpy(entry->head, head.data(), head.size());
  site::CacheEntry* file = source.cached();
  entry->generation = server.context.generation;
  entry->until_ms = server.context.cache->valid_until_ms();
  entry->second = server.context.clock.seconds();
  entry->serial = file == nullptr ? 0 : file->serial;
  if (file == nullptr) {
    entry->fixed = source.memory();
  } else {
    entry->file = file;
  }
  entry->status = status;
  entry->copy = source.is_copy();
  return entry;
}

CachedResponse* find_kept(Server& server, std::string_view input) { return find_valid(server, input); }

bool answer(Server& server, Connection& connection, Workspace& work) {
  serve::Context& context = server.context;
  if (context.sites.greeting()) {
    write_greeting(server, connection, work);
    return true;
  }
  if (context.cache != nullptr) context.cache->begin(context.clock.now_ms(), context.clock.seconds());
  IpAddress client = client_of(server, connection, work.request.fields);
  serve::Exchange exchange = {.request = work.request,
                              .client = client,
                              .ticket = server.timers.slot_of(connection),
                              .denied = connection.denied,
                              .admin = connection.kind == ListenerKind::admin,
                              .redirects = redirects(connection)};
  connection.denied = false;
  Response response;
  if (!serve::decide(context, exchange, response)) return false;
  write(server, connection, work, exchange, response);
  return true;
}

void refuse(Server& server, Connection& connection, Workspace& work, http::Refusal refusal) {
  connection.close = true;
  connection.linger = true;
  IpAddress client = client_of(server, connection, work.request.fields);
  serve::Exchange exchange = {.request = work.request,
                              .client = client,
                              .admin = connection.kind == ListenerKind::admin,
                              .redirects = redirects(connection)};
  Response response;
  serve::decide_refusal(server.context, exchange, refusal, response);
  write(server, connection, work, exchange, response);
}

bool replay(Server& server, Connection& connection, Workspace& work) {
  bool last = server.draining || connection.requests + 1 == server.requests_max;
  if (last || work.progress.seen > 0 || connection.kind != ListenerKind::http) return false;
  std::string_view input = {work.in + work.in_begin, work.in_end - work.in_begin};
  const CachedResponse* known = find_valid(server, input);
  if (known == nullptr) return false;
  std::string_view fields = fields_of(*known, input);
  IpAddress client = connection.peer;
  if (server.needs_client) {
    client = client_of(server, connection, fields);
    if (!takes_token(server, client)) return false; // begin() in http1.cc refuses it
  }
  connection.requests++;
  connection.close = known->close;
  work.in_begin += known->request_size;
  append(work, known->head_view());
  meter_response(server, connection, method_of_replayed(input), known->status);
  if (server.metrics != nullptr) (*server.metrics)[metrics::Count::replayed].add(1);
  log_response(server, connection,
               {.request = take(input, known->line_size),
                .fields = fields,
                .subject = subject_of(server, connection),
                .status = known->status,
                .bytes = known->body_bytes,
                .client = &client});
  http::Part body = {.first = 0, .length = known->body_bytes};
  if (body.length > 0 && !copy_body(work, known->memory(), body)) {
    add_body(connection, work, known->source(), body);
  }
  return true;
}

std::optional<http::Part> next_part(Workspace& work) {
  http::Multipart& parts = work.multipart;
  work.out_end += static_cast<uint32_t>(http::write_multipart_text(output_left(work), parts, parts.said));
  if (parts.said == parts.ranges.count) return {};
  return parts.ranges.parts[parts.said++];
}

void write_continue(Workspace& work) { append(work, "HTTP/1.1 100 Continue\r\n\r\n"sv); }

} // namespace minhttp::conn
