// SPDX-License-Identifier: MIT
// A tour: each function makes a head and gives it to write(), which adds what the rules and
// options say, puts it into the output, and logs it.

#include "serve/reply.h"

#include "base/bytes.h"
#include "http/accept.h"
#include "http/basic_auth.h"
#include "http/conditional.h"
#include "http/error_page.h"
#include "http/multipart.h"
#include "http/values.h"
#include "serve/choose_coding.h"
#include "serve/extra.h"
#include "serve/listing.h"
#include "serve/log_line.h"
#include "site/hashed.h"

namespace minhttp::serve {
namespace {

using http::Head;
using http::Method;
using http::Status;

std::span<char> room(Workspace& work) { return {work.out + work.out_end, limits::output_bytes - work.out_end}; }

void append(Workspace& work, std::string_view text) {
  CHECK(text.size() <= room(work).size());
  __builtin_memcpy(work.out + work.out_end, text.data(), text.size());
  work.out_end += static_cast<uint32_t>(text.size());
}

// Decides whether there will be another request, and how the head says so.
http::Persistence persistence(Server& server, Connection& connection, const http::Request& request) {
  connection.requests++;
  if (server.draining || !request.persistent() || connection.requests == server.requests_max) connection.close = true;
  if (connection.close) {
    // Our decision, not the client's: it may have sent more already, and a close over
    // unread bytes is a reset, which can overtake the answer.
    if (request.persistent()) connection.linger = true;
    return http::Persistence::close;
  }
  return request.minor == 0 ? http::Persistence::keep_10 : http::Persistence::keep;
}

Head new_head(Reply& reply, Status status) {
  Head head;
  head.status = status;
  head.date = reply.server.clock.date();
  head.now = reply.server.clock.seconds();
  head.persistence = persistence(reply.server, reply.connection, reply.request());
  return head;
}

void write(Reply& reply, Head& head, Scope scope, uint64_t body_bytes) {
  Extra extra(reply.fields, reply.server.manner.standing, scope, reply.own_fields);
  char lines[limits::fields_bytes + limits::preflight_bytes];
  Writer out(lines);
  if (reply.fields != nullptr || reply.server.manner.standing != nullptr || !reply.own_fields.empty()) {
    extra.write(out);
    head.extra = out.view();
    if (extra.replaces("content-type")) head.type = {};
    if (extra.replaces("cache-control")) {
      head.cache = {};
      reply.explain("but Cache-Control is said by _headers or --header");
    }
    if (extra.replaces("content-security-policy")) head.policy = {};
    if (extra.replaces("accept-ranges")) head.ranges = false;
    head.tag = !extra.replaces("etag");
    head.modified = !extra.replaces("last-modified");
  }
  reply.work.out_end += static_cast<uint32_t>(http::write_head(room(reply.work), head));
  log_answer(reply.server, reply.connection,
             {.request = reply.request().line, .user = reply.user, .status = head.status, .bytes = body_bytes});
}

// What may keep an answer, and for how long. It goes by what is served, not by what was asked
// for: an error at a hashed name is no file with that hash.
std::string_view cache_of_message(Status status) {
  auto code = static_cast<uint16_t>(status);
  if (code >= 400) return "no-store";
  return code >= 300 ? "no-cache" : "";
}

bool is_page(std::string_view type) { return starts_with(type, "text/html") || starts_with(type, "application/xhtml"); }

std::string_view cache_of_file(const Reply& reply, const site::Found& found, bool fallback) {
  if (fallback || is_page(found.type)) {
    reply.explain("kept: a page, so browsers ask before they show it again");
    return reply.guarded ? "private, no-cache" : "no-cache";
  }
  // A rewritten path stays the same when the next release has another hash.
  bool hashed = reply.server.manner.immutable && !reply.elsewhere && found.name.suffix.empty() &&
                site::has_content_hash(found.name.base);
  reply.explain(hashed ? "kept: for a year, there is a hash in its name" : "kept: no, browsers ask again each time");
  if (!hashed) return reply.guarded ? "private, max-age=0, must-revalidate" : "max-age=0, must-revalidate";
  return reply.guarded ? "private, max-age=31536000, immutable" : "public, max-age=31536000, immutable";
}

// by_accept: is_navigation() in route.cc has looked at these.
std::string_view vary_of(bool by_accept, bool by_coding) {
  if (by_accept) {
    return by_coding ? "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest, Accept-Encoding"
                     : "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest";
  }
  return by_coding ? "Accept-Encoding" : "";
}

// An answer whose body says the status: a line of text, or a page for a browser that has met an error. Neither
// is kept by a cache, so there is no Vary.
void text_answer(Reply& reply, Head& head) {
  char memory[limits::error_page_max];
  Writer text(memory);
  bool page = static_cast<uint16_t>(head.status) >= 400 && http::names_html(reply.request());
  if (page) {
    http::write_error_page(text, head.status);
  } else {
    text.text(http::status_text(head.status)).byte('\n');
  }
  bool body = head.status != Status::no_content;
  Scope scope = body ? Scope::message : Scope::options;
  if (body) {
    head.type = page ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
    head.length = text.size();
  }
  head.cache = cache_of_message(head.status);
  head.allow = head.status == Status::method_not_allowed || head.status == Status::no_content;
  body = body && reply.request().method != Method::head;
  write(reply, head, scope, body ? *head.length : 0);
  if (body) append(reply.work, text.view());
}

// Of an answer that does not have the type of its file.
Scope without_type(Scope scope) { return scope == Scope::file ? Scope::pieces : Scope::message; }

// For the next one who asks the same. start: of the head in the output.
void note_answer(const Reply& reply, const site::Found& found, uint32_t start, Status status, uint64_t body_bytes) {
  Server& server = reply.server;
  const http::Request& request = reply.request();
  site::CacheEntry* file = found.body.source.cached();
  bool depends = reply.guarded || !server.access.addresses.empty() || server.trace != nullptr ||
                 reply.connection.linger || request.framing != http::Framing::none;
  if (server.memo == nullptr || file == nullptr || depends || request.fields.empty()) return;
  // Its tag may come at any time; an error has none.
  if (!found.validators.hashed && static_cast<uint16_t>(status) < 400) return;
  // Who was asked for this seldom will hardly be asked for again before the file is due; and a note costs a KiB.
  if (server.cache->has_looked()) return;
  if (file->gone || reply.undecided) return; // gone: it made room for its own sibling, nobody may find it any more
  const char* begin = request.line.data();
  auto size = static_cast<size_t>(request.fields.data() + request.fields.size() + 2 - begin);
  auto input = static_cast<size_t>(reply.work.in + reply.work.in_end - begin);
  std::string_view head = {reply.work.out + start, reply.work.out_end - start};
  MemoEntry* entry = server.memo->place({begin, input}, size, head.size());
  if (entry == nullptr) return;
  __builtin_memcpy(entry->head, head.data(), head.size());
  entry->line_size = static_cast<uint32_t>(request.line.size());
  entry->generation = server.generation;
  entry->until_ms = server.cache->valid_until_ms();
  entry->second = server.clock.seconds();
  entry->file = file;
  entry->serial = file->serial;
  entry->body_bytes = body_bytes;
  entry->status = status;
  entry->close = reply.connection.close;
  entry->copy = found.body.source.is_copy();
}

// 200 and other pages, or 206 where ranges has parts. Several parts follow one by one:
// next_part().
void body_answer(Reply& reply, Head& head, site::Found& found, const http::Ranges& ranges, Scope scope) {
  Connection& connection = reply.connection;
  http::Part part = {.first = 0, .length = found.body.length};
  head.type = found.type;
  if (ranges.count > 0) head.status = Status::partial_content;
  if (ranges.count == 1) {
    part = ranges.parts[0];
    head.part = part;
  }
  head.length = part.length;
  if (ranges.count > 1) {
    http::Multipart& parts = reply.work.multipart;
    parts = {
        .ranges = ranges, .size = found.body.length, .type = found.type, .boundary = reply.server.boundaries.next()};
    connection.multipart = true;
    head.boundary = parts.boundary_text();
    head.length = http::multipart_length(parts);
    scope = without_type(scope);
  }
  bool body = reply.request().method == Method::get && *head.length > 0;
  uint32_t start = reply.work.out_end;
  write(reply, head, scope, body ? *head.length : 0);
  if (ranges.count == 0) note_answer(reply, found, start, head.status, body ? *head.length : 0);
  if (!body) return;
  if (connection.multipart) {
    connection.source = static_cast<site::Source&&>(found.body.source);
  } else {
    add_body(connection, reply.work, static_cast<site::Source&&>(found.body.source), part);
  }
}

} // namespace

void reply_status(Reply& reply, Status status, uint32_t retry_s) {
  Head head = new_head(reply, status);
  head.retry_s = retry_s == 0 && status == Status::service_unavailable ? 1 : retry_s;
  head.vary = vary_of(reply.by_accept, false);
  text_answer(reply, head);
}

// A browser asks this before a request that is not simple, without cookies and passwords. What rules and
// --header say of the same fields counts.
void reply_options(Reply& reply) {
  char text[limits::preflight_bytes];
  Writer own(text);
  if (reply.server.manner.cors) {
    own.text("Access-Control-Allow-Methods: ").text(http::allowed_methods());
    own.text("\r\nAccess-Control-Allow-Headers: *\r\nAccess-Control-Max-Age: 86400\r\n");
    if (equal_ignoring_case(http::value_of(reply.request(), "access-control-request-private-network"), "true")) {
      own.text("Access-Control-Allow-Private-Network: true\r\n");
    }
  }
  reply.own_fields = own.view();
  Head head = new_head(reply, Status::no_content);
  text_answer(reply, head);
}

void reply_env_script(Reply& reply) {
  reply.explain("--env-js: variables of the environment");
  std::string_view script = reply.server.manner.env_script;
  bool body = reply.request().method != Method::head;
  Head head = new_head(reply, Status::ok);
  head.type = "text/javascript; charset=utf-8";
  head.length = script.size();
  head.cache = "no-store";
  write(reply, head, Scope::message, body ? script.size() : 0);
  if (body) append(reply.work, script);
}

void reply_challenge(Reply& reply) {
  char text[limits::realm_max + 32];
  Writer challenge(text);
  http::write_challenge(challenge, reply.server.access.realm);
  Head head = new_head(reply, Status::unauthorized);
  head.challenge = challenge.view();
  text_answer(reply, head);
}

// Relative to the request's own path, so that it holds behind a proxy that adds a prefix or
// another port; "./" keeps a name with a colon from being read as a scheme, and no Location
// can begin with "//".
void reply_slash(Reply& reply, bool with) {
  std::string_view path = reply.request().path;
  if (!with) path.remove_suffix(1);
  size_t slash = path.size();
  while (path[slash - 1] != '/') slash--;
  Head head = new_head(reply, Status::moved_permanently);
  head.location_segment = drop(path, slash);
  head.location_up = !with;
  head.location_query = reply.request().query;
  text_answer(reply, head);
}

void reply_location(Reply& reply, Status status, std::string_view location) {
  Head head = new_head(reply, status);
  if (starts_with(location, "/")) head.location_base = reply.server.manner.base_path;
  head.location = location;
  text_answer(reply, head);
}

bool copy_body(Workspace& work, const char* memory, http::Part part) {
  if (memory == nullptr || part.length > limits::body_copied_max || part.length > room(work).size()) return false;
  append(work, {memory + part.first, part.length});
  return true;
}

void add_body(Connection& connection, Workspace& work, site::Source&& source, http::Part part) {
  if (copy_body(work, source.memory(), part)) return;
  if (part.length <= limits::body_in_memory_max && part.length <= room(work).size() &&
      source.read(part.first, room(work).first(part.length))) {
    work.out_end += static_cast<uint32_t>(part.length);
    return;
  }
  connection.source = static_cast<site::Source&&>(source);
  connection.body_offset = part.first;
  connection.body_left = part.length;
}

namespace {

// The frames of several small parts may be longer than what they leave out: then the whole file is cheaper
// for both sides (RFC 9110 section 14.2).
bool costs_more_than_whole(const site::Found& found, const http::Ranges& ranges) {
  if (ranges.count < 2) return false;
  return http::multipart_length({.ranges = ranges, .size = found.body.length, .type = found.type}) > found.body.length;
}

} // namespace

// In the order of RFC 9110 section 13.2.2: the preconditions, then the range, then the whole.
bool reply_file(Reply& reply, site::Found& found, Status page, bool fallback) {
  bool codings = http::may_be_compressed(found.type);
  bool stored = found.validators.coding != http::Coding::identity || (!codings && choose_stored(reply, found));
  codings = stored || (codings && !is_coded_by_rule(reply));
  bool error = static_cast<uint16_t>(page) >= 400;
  http::AcceptedCodings accepted;
  bool chosen = stored || !codings || choose_sibling(reply, found, accepted);
  int64_t now = reply.server.clock.seconds();
  if (!reply.files().load(found)) return false;
  if (!error && !reply.files().tag(found, now)) return false;
  if (found.kind == site::Found::Kind::error) return reply_status(reply, found.status), true;
  // An error is better said than refused.
  bool acceptable = chosen || choose_copy(reply, found, accepted, !error) || accepted.identity || error;
  Head head = new_head(reply, page);
  if (!acceptable) head.status = Status::not_acceptable;
  if (head.status == Status::ok) head.status = http::judge(reply.request(), found.validators, now);
  head.vary = vary_of(reply.by_accept, codings);
  if (head.status == Status::precondition_failed || head.status == Status::not_acceptable) {
    return text_answer(reply, head), true;
  }
  http::Ranges ranges;
  if (head.status == Status::ok && http::takes_range(reply.request(), found.validators, now)) {
    ranges = http::parse_ranges(reply.request().range, found.body.length);
    if (costs_more_than_whole(found, ranges)) ranges = {};
  }
  head.size = found.body.length;
  if (ranges.kind == http::Ranges::Kind::unsatisfiable) {
    head.status = Status::range_not_satisfiable;
    return text_answer(reply, head), true;
  }
  head.cache = error ? cache_of_message(page) : cache_of_file(reply, found, fallback);
  if (!error) head.validators = found.validators;
  Scope scope = Scope::file;
  if (reply.elsewhere) scope = Scope::other;
  if (error || (reply.elsewhere && is_page(found.type))) scope = Scope::message;
  if (head.status == Status::not_modified) {
    uint32_t start = reply.work.out_end;
    write(reply, head, without_type(scope), 0);
    return note_answer(reply, found, start, head.status, 0), true;
  }
  head.coding = http::coding_token(found.validators.coding);
  head.ranges = page == Status::ok && !found.validators.made;
  body_answer(reply, head, found, ranges, scope);
  return true;
}

// Its body is made while it is sent, see fill(); how long it will be is not known.
bool reply_listing(Reply& reply, const http::Path& path) {
  Status status = begin_listing(reply.server, *reply.site, reply.connection, reply.request(), path);
  if (status == Status::not_found) return false;
  if (status != Status::ok) return reply_status(reply, status), true;
  Head head = new_head(reply, status);
  describe_listing(reply.server, reply.connection, head);
  head.cache = reply.guarded ? "private, no-cache" : "no-cache";
  write(reply, head, Scope::file, unknown_length);
  if (reply.request().method == Method::head) end_listing(reply.server, reply.connection);
  return true;
}

} // namespace minhttp::serve
