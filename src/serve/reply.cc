// SPDX-License-Identifier: MIT
// A tour: each function fills in a head and gives it to finish(), which adds what the rules and options say.

#include "serve/reply.h"

#include "auth/basic.h"
#include "base/bytes.h"
#include "http/accept.h"
#include "http/conditional.h"
#include "http/error_page.h"
#include "http/multipart.h"
#include "http/values.h"
#include "serve/content_coding.h"
#include "serve/header_overrides.h"
#include "site/hashed.h"
#include "tables/program.h"

namespace minhttp::serve {
namespace {

using http::Method;
using http::ResponseHead;
using http::Status;

ResponseHead& begin_head(Reply& reply, Status status) {
  ResponseHead& head = reply.response.head;
  head.status = status;
  head.date = reply.context.clock.date();
  head.now = reply.context.clock.seconds();
  return head;
}

void finish(Reply& reply, Scope scope) {
  const SiteOptions& options = reply.context.options;
  if (reply.bare) return;
  if (reply.fields == nullptr && options.default_headers == nullptr && reply.own_fields.empty()) return;
  HeaderOverrides extra(reply.fields, options.default_headers, scope, reply.own_fields);
  ResponseHead& head = reply.response.head;
  Writer out(reply.response.field_memory);
  extra.write(out);
  head.extra = out.view();
  if (extra.replaces("content-type"sv)) head.type = {};
  if (extra.replaces("cache-control"sv)) {
    head.cache = {};
    reply.explain("but Cache-Control is said by _headers or --header"sv);
  }
  if (extra.replaces("content-security-policy"sv)) head.policy = {};
  if (extra.replaces("accept-ranges"sv)) head.ranges = false;
  head.tag = !extra.replaces("etag"sv);
  head.modified = !extra.replaces("last-modified"sv);
}

// What may keep an answer, and for how long. It goes by what is served, not by what was asked
// for: an error at a hashed name is no file with that hash.
std::string_view cache_of_message(Status status) {
  auto code = static_cast<uint16_t>(status);
  if (code >= 400) return "no-store"sv;
  return code >= 300 ? "no-cache"sv : ""sv;
}

bool is_page(std::string_view type) { return starts_with(type, "text/html") || starts_with(type, "application/xhtml"); }

std::string_view cache_of_file(const Reply& reply, const site::Found& found, bool fallback) {
  if (fallback || is_page(found.type)) {
    reply.explain("cached: no, browsers ask each time before they show a page"sv);
    return reply.is_protected ? "private, no-cache"sv : "no-cache"sv;
  }
  // A rewritten path stays the same when the next release has another hash.
  bool hashed = reply.context.options.immutable && !reply.elsewhere && found.name.suffix.empty() &&
                site::has_content_hash(found.name.base);
  reply.explain(hashed ? "cached: for a year, since its name has a content hash"sv
                       : "cached: no, browsers ask each time"sv);
  if (!hashed) return reply.is_protected ? "private, max-age=0, must-revalidate"sv : "max-age=0, must-revalidate"sv;
  return reply.is_protected ? "private, max-age=31536000, immutable"sv : "public, max-age=31536000, immutable"sv;
}

// by_accept: is_navigation() in decide.cc has looked at these.
std::string_view vary_of(bool by_accept, bool by_coding) {
  if (by_accept) {
    return by_coding ? "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest, Accept-Encoding"sv
                     : "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest"sv;
  }
  return by_coding ? "Accept-Encoding"sv : ""sv;
}

// A response whose body says the status: a line of text, or a page for a browser that has met an error. Neither
// is kept by a cache, so there is no Vary.
void text_response(Reply& reply) {
  ResponseHead& head = reply.response.head;
  Writer text(reply.response.text_memory);
  bool page = static_cast<uint16_t>(head.status) >= 400 && http::names_html(reply.request());
  if (page) {
    http::write_error_page(text, head.status);
  } else {
    text.text(http::status_text(head.status)).byte('\n');
  }
  bool body = head.status != Status::no_content;
  if (body) {
    head.type = page ? "text/html; charset=utf-8"sv : "text/plain; charset=utf-8"sv;
    head.length = text.size();
  }
  head.cache = cache_of_message(head.status);
  head.allow = head.status == Status::method_not_allowed || head.status == Status::no_content;
  finish(reply, body ? Scope::message : Scope::options);
  if (!body || reply.request().method == Method::head) return;
  reply.response.body = Response::Body::text;
  reply.response.text = text.view();
}

// Of an answer that does not have the type of its file.
Scope without_type(Scope scope) { return scope == Scope::file ? Scope::pieces : Scope::message; }

// Whether the next one who asks the same, byte for byte, gets the same response.
bool is_repeatable(const Reply& reply, const site::Found& found) {
  if (has_tls && reply.bare) return false; // over https the same request gets more fields
  const site::CacheEntry* file = found.body.source.cached();
  bool kept = file != nullptr || found.body.source.is_fixed();
  if (!kept || reply.context.cache == nullptr || reply.is_protected || !reply.context.access.addresses.empty() ||
      reply.context.trace != nullptr) {
    return false;
  }
  // Its tag may come at any time; an error has none.
  if (!found.validators.hashed && static_cast<uint16_t>(reply.response.head.status) < 400) return false;
  // A file that was only now looked at is hardly requested again before the next look; and an entry costs a KiB.
  if (reply.context.cache->has_checked()) return false;
  bool detached = file != nullptr && file->detached; // nobody finds it any more
  return !detached && !reply.undecided;
}

// 200 and other pages, or 206 where ranges has parts.
void file_response(Reply& reply, site::Found& found, const http::Ranges& ranges, Scope scope) {
  Response& response = reply.response;
  ResponseHead& head = response.head;
  response.part = {.first = 0, .length = found.body.length};
  head.type = found.type;
  if (ranges.count > 0) head.status = Status::partial_content;
  if (ranges.count == 1) {
    response.part = ranges.parts[0];
    head.part = response.part;
  }
  head.length = response.part.length;
  if (ranges.count > 1) {
    response.ranges = ranges;
    response.file_size = found.body.length;
    head.length = http::multipart_length({.ranges = ranges, .size = found.body.length, .type = found.type});
    scope = without_type(scope);
  }
  finish(reply, scope);
  response.repeatable = ranges.count == 0 && is_repeatable(reply, found);
  response.source = static_cast<site::Source&&>(found.body.source);
  if (reply.request().method == Method::get && *head.length > 0) response.body = Response::Body::file;
}

} // namespace

void reply_refusal(Reply& reply, http::Refusal refusal, uint32_t retry_s) {
  reply.response.refusal = refusal;
  reply_status(reply, http::status_of(refusal), retry_s);
}

void reply_status(Reply& reply, Status status, uint32_t retry_s) {
  ResponseHead& head = begin_head(reply, status);
  bool passes = status == Status::service_unavailable || status == Status::too_many_requests;
  head.retry_s = retry_s == 0 && passes ? 1 : retry_s;
  head.vary = vary_of(reply.by_accept, false);
  text_response(reply);
}

void reply_memory(Reply& reply, site::CacheEntry& memory, size_t bytes) {
  ResponseHead& head = begin_head(reply, Status::ok);
  head.length = bytes;
  head.cache = "no-store"sv;
  if (reply.request().method == Method::head) return;
  reply.response.body = Response::Body::file;
  reply.response.source = site::Source(memory);
  reply.response.part = {.first = 0, .length = bytes};
}

// A browser asks this before a request that is not simple, without cookies and passwords. What rules and
// --header say of the same fields counts.
void reply_options(Reply& reply) {
  char text[limits::preflight_bytes];
  Writer own(text);
  if (reply.context.options.cors && !reply.bare) {
    own.text("Access-Control-Allow-Methods: ").text(http::allowed_methods());
    own.text("\r\nAccess-Control-Allow-Headers: *\r\nAccess-Control-Max-Age: 86400\r\n");
    if (equal_ignoring_case(http::value_of(reply.request(), "access-control-request-private-network"), "true"sv)) {
      own.text("Access-Control-Allow-Private-Network: true\r\n");
    }
  }
  reply.own_fields = own.view();
  begin_head(reply, Status::no_content);
  text_response(reply);
}

void reply_health(Reply& reply, bool healthy) {
  std::string_view text = healthy ? "ok\n"sv : "shutting down\n"sv;
  ResponseHead& head = begin_head(reply, healthy ? Status::ok : Status::service_unavailable);
  head.type = "text/plain; charset=utf-8"sv;
  head.length = text.size();
  head.cache = "no-store"sv;
  finish(reply, Scope::message);
  reply.response.logged = false;
  if (reply.request().method == Method::head) return;
  reply.response.body = Response::Body::text;
  reply.response.text = text;
}

void reply_env_script(Reply& reply) {
  reply.explain("--env-js: variables of the environment"sv);
  std::string_view script = reply.context.options.env_script;
  ResponseHead& head = begin_head(reply, Status::ok);
  head.type = "text/javascript; charset=utf-8"sv;
  head.length = script.size();
  head.cache = "no-store"sv;
  finish(reply, Scope::message);
  if (reply.request().method == Method::head) return;
  reply.response.body = Response::Body::text;
  reply.response.text = script;
}

void reply_challenge(Reply& reply, http::Refusal refusal) {
  reply.response.refusal = refusal;
  static_assert(sizeof reply.response.location_memory >= limits::realm_max + 32);
  Writer challenge(reply.response.location_memory);
  auth::write_challenge(challenge, reply.context.access.realm);
  ResponseHead& head = begin_head(reply, Status::unauthorized);
  head.challenge = challenge.view();
  text_response(reply);
}

// Relative to the request's own path, so that it holds behind a proxy that adds a prefix or
// another port; "./" keeps a name with a colon from being read as a scheme, and no Location
// can begin with "//".
void reply_slash(Reply& reply, bool with) {
  std::string_view path = reply.request().path;
  if (!with) path.remove_suffix(1);
  size_t slash = path.size();
  while (path[slash - 1] != '/') slash--;
  ResponseHead& head = begin_head(reply, Status::moved_permanently);
  head.location_segment = drop(path, slash);
  head.location_up = !with;
  head.location_query = reply.request().query;
  text_response(reply);
}

void reply_location(Reply& reply, Status status, std::string_view location) {
  ResponseHead& head = begin_head(reply, status);
  if (starts_with(location, "/")) head.location_base = reply.context.options.base_path;
  head.location = location;
  text_response(reply);
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
  int64_t now = reply.context.clock.seconds();
  if (!reply.files().load(found)) return false;
  if (!error && !reply.files().tag(found, now)) return false;
  if (found.kind == site::Found::Kind::error) {
    reply_status(reply, found.status);
    return true;
  }
  // An error is better said than refused.
  bool acceptable = chosen || choose_copy(reply, found, accepted, !error) || accepted.identity || error;
  ResponseHead& head = begin_head(reply, page);
  if (!acceptable) head.status = Status::not_acceptable;
  if (head.status == Status::ok) head.status = http::evaluate(reply.request(), found.validators, now);
  head.vary = vary_of(reply.by_accept, codings);
  if (head.status == Status::precondition_failed || head.status == Status::not_acceptable) {
    text_response(reply);
    return true;
  }
  http::Ranges ranges;
  if (head.status == Status::ok && http::takes_range(reply.request(), found.validators, now)) {
    ranges = http::parse_ranges(reply.request().range, found.body.length);
    if (costs_more_than_whole(found, ranges)) ranges = {};
  }
  head.size = found.body.length;
  if (ranges.kind == http::Ranges::Kind::unsatisfiable) {
    head.status = Status::range_not_satisfiable;
    text_response(reply);
    return true;
  }
  head.cache = error ? cache_of_message(page) : cache_of_file(reply, found, fallback);
  if (!error) head.validators = found.validators;
  Scope scope = Scope::file;
  if (reply.elsewhere) scope = Scope::other;
  if (error || (reply.elsewhere && is_page(found.type))) scope = Scope::message;
  if (head.status == Status::not_modified) {
    finish(reply, without_type(scope));
    reply.response.repeatable = is_repeatable(reply, found);
    reply.response.source = static_cast<site::Source&&>(found.body.source);
    return true;
  }
  head.coding = http::coding_token(found.validators.coding);
  head.ranges = page == Status::ok && !found.validators.made;
  file_response(reply, found, ranges, scope);
  return true;
}

// Its body is made while it is sent, so its length is not known.
bool reply_listing(Reply& reply, const http::Path& path) {
  Context& context = reply.context;
  uint8_t place = Listings::none;
  Status status = context.listings.begin({.site = *reply.site,
                                          .path = path,
                                          .request = reply.request(),
                                          .base_path = context.options.base_path,
                                          .client = reply.exchange.client,
                                          .ticket = reply.exchange.ticket,
                                          .generation = context.generation,
                                          .now_ms = context.clock.now_ms()},
                                         place);
  if (status == Status::not_found) return false;
  if (status != Status::ok) {
    reply_status(reply, status);
    return true;
  }
  ResponseHead& head = begin_head(reply, status);
  bool html = context.listings.format(place) == http::ListingPage::Format::html;
  head.type = html ? "text/html; charset=utf-8"sv : "application/json"sv;
  if (html) head.policy = http::listing_policy();
  head.vary = "Accept"sv;
  head.cache = reply.is_protected ? "private, no-cache"sv : "no-cache"sv;
  finish(reply, Scope::file);
  reply.response.body = Response::Body::listing;
  reply.response.listing = place;
  return true;
}

} // namespace minhttp::serve
