// A tour: parse_head cuts the input into lines; the first goes to request_line, each
// further one to field_line, and the blank one to finish, which judges the head as a
// whole. A line is looked at when it is complete, so a cut inside a line costs nothing
// but the memory of how far we have looked.

#include "http/parse.h"

#include "base/bytes.h"
#include "base/number.h"
#include "http/character.h"
#include "http/host.h"
#include "tables/limits.h"

namespace minhttp::http {
namespace {

constexpr Status fine = Status::ok; // no objection

Method find_method(std::string_view token) {
#define METHOD(name, text) \
  if (equal(token, text)) return Method::name;
#include "tables/method.def"
#undef METHOD
  return Method::unknown;
}

// origin-form: path and query. Only their characters are judged here; what the path means
// is path.cc's to say.
Status origin_form(std::string_view target, Request& request) {
  size_t mark = find(target, '?');
  request.path = take(target, mark);
  request.query = drop(target, mark);
  return fine;
}

// absolute-form, "http://authority/path?query" (RFC 9112 section 3.2.2). Its authority
// replaces the Host field. Other schemes than http never lead here.
Status absolute_form(std::string_view target, Request& request) {
  constexpr std::string_view scheme = "http://";
  if (target.size() < scheme.size() || !equal_ignoring_case(take(target, scheme.size()), scheme)) {
    return Status::bad_request;
  }
  std::string_view rest = drop(target, scheme.size());
  size_t end = 0;
  while (end < rest.size() && rest[end] != '/' && rest[end] != '?') end++;
  request.host = take(rest, end);
  if (!valid_authority(request.host)) return Status::bad_request;
  rest = drop(rest, end);
  if (rest.empty() && request.method == Method::options) {
    request.asterisk = true; // RFC 9112 section 3.2.4
    return fine;
  }
  if (rest.empty() || rest[0] == '?') {
    request.path = "/";
    request.query = rest;
    return fine;
  }
  return origin_form(rest, request);
}

Status request_target(std::string_view target, Request& request) {
  if (request.method == Method::connect) { // authority-form, with a port
    size_t colon = target.size();
    while (colon > 0 && target[colon - 1] != ':') colon--;
    return colon > 1 && colon < target.size() && valid_authority(target) ? fine : Status::bad_request;
  }
  if (target[0] == '/') return origin_form(target, request);
  if (equal(target, "*") && request.method == Method::options) {
    request.asterisk = true;
    return fine;
  }
  return absolute_form(target, request);
}

// HTTP-version, exactly eight bytes (RFC 9112 section 2.3).
Status http_version(std::string_view text, Request& request) {
  if (text.size() != 8 || !starts_with(text, "HTTP/") || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7])) {
    return Status::bad_request;
  }
  if (text[5] != '1') return Status::http_version_not_supported;
  request.minor = text[7] == '0' ? 0 : 1; // a higher minor version is understood as 1.1
  return fine;
}

// method SP request-target SP HTTP-version, single spaces (RFC 9112 section 3).
Status request_line(std::string_view line, Request& request) {
  size_t space = find(line, ' ');
  std::string_view method = take(line, space);
  if (!all(method, Class::token)) return Status::bad_request;
  if (method.size() > limits::method_max) return Status::not_implemented;
  if (space == line.size()) return Status::bad_request;
  request.method = find_method(method);

  std::string_view rest = drop(line, space + 1);
  space = find(rest, ' ');
  std::string_view target = take(rest, space);
  if (target.size() > limits::target_max) return Status::uri_too_long;
  if (!all(target, Class::target) || space == rest.size()) return Status::bad_request;

  Status version = http_version(drop(rest, space + 1), request);
  if (version != fine) return version;
  request.line = line;
  return request_target(target, request);
}

// The list of connection options (RFC 9110 section 7.6.1); empty elements are allowed.
void connection(std::string_view list, Request& request) {
  while (!list.empty()) {
    size_t comma = find(list, ',');
    std::string_view option = trim(take(list, comma));
    if (equal_ignoring_case(option, "close")) request.close = true;
    if (equal_ignoring_case(option, "keep-alive")) request.keep_alive = true;
    list = drop(list, comma < list.size() ? comma + 1 : comma);
  }
}

// Exactly "chunked": any other coding or list of codings is either unknown to us or an
// attempt to make two servers disagree (RFC 9112 section 6.1).
Status transfer_encoding(std::string_view value, Request& request) {
  if (equal_ignoring_case(value, "chunked")) {
    request.framing = Framing::chunked;
    return fine;
  }
  return all(value, Class::token) ? Status::not_implemented : Status::bad_request;
}

// A field that is no list and comes again has no value that two readers would agree on.
std::string_view once(std::string_view value, bool again) { return again ? std::string_view() : value; }

Status field_line(std::string_view line, Request& request) {
  std::string_view name;
  std::string_view value;
  if (!split_field(line, name, value)) return Status::bad_request;
  Field field = find_field(name);
  if (field == Field::unknown) return fine;
  bool again = request.has(field);
  request.fields_seen |= 1U << static_cast<unsigned>(field);
  switch (field) {
    case Field::host:
      if (again || !valid_authority(value)) return Status::bad_request;
      if (request.host.empty()) request.host = value;
      return fine;
    case Field::content_length: {
      auto length = parse_decimal(value);
      if (again || !length) return Status::bad_request;
      request.content_length = *length;
      if (*length > 0) request.framing = Framing::length;
      return fine;
    }
    case Field::transfer_encoding: return again ? Status::bad_request : transfer_encoding(value, request);
    case Field::connection: connection(value, request); return fine;
    case Field::expect:
      if (equal_ignoring_case(value, "100-continue")) {
        request.expect_continue = true;
      } else if (!value.empty()) {
        request.expect_unknown = true;
      }
      return fine;
    case Field::range: request.range = once(value, again); return fine;
    case Field::if_range: request.if_range = once(value, again); return fine;
    case Field::if_modified_since: request.if_modified_since = once(value, again); return fine;
    case Field::if_unmodified_since: request.if_unmodified_since = once(value, again); return fine;
    case Field::accept_encoding:
      if (again) request.accept_encoding_again = true;
      if (!again) request.accept_encoding = value;
      return fine;
    case Field::authorization:
    case Field::accept:        // values.h walks through request.fields for them
    case Field::if_match:      // lists, which may go on in further lines:
    case Field::if_none_match: // conditional.cc walks through request.fields
    case Field::unknown: break;
  }
  return fine;
}

// What only the whole head shows.
Status finish(Request& request) {
  if (request.minor >= 1 && !request.has(Field::host)) return Status::bad_request;
  if (request.has(Field::transfer_encoding) && (request.has(Field::content_length) || request.minor == 0)) {
    return Status::bad_request; // RFC 9112 section 6.1: two framings, or one that 1.0 lacks
  }
  if (request.minor == 0) { // RFC 9110 section 10.1.1: no expectations in HTTP/1.0
    request.expect_continue = false;
    request.expect_unknown = false;
  }
  return fine;
}

} // namespace

size_t find_line_end(std::string_view input, size_t from, uint32_t& seen) {
  size_t at = from;
  while (at < input.size() && is(input[at], Class::field)) at++;
  seen = static_cast<uint32_t>(at);
  if (at == input.size()) return line_more;
  if (input[at] != '\r') return line_bad;
  if (at + 1 == input.size()) return line_more;
  return input[at + 1] == '\n' ? at : line_bad;
}

bool split_field(std::string_view line, std::string_view& name, std::string_view& value) {
  size_t colon = find(line, ':');
  if (colon == line.size()) return false;
  name = take(line, colon);
  value = trim(drop(line, colon + 1));
  return all(name, Class::token); // also refuses obs-fold and a space before the colon
}

Field find_field(std::string_view name) {
#define FIELD(field, text) \
  if (equal_ignoring_case(name, text)) return Field::field;
#include "tables/field.def"
#undef FIELD
  return Field::unknown;
}

Outcome parse_head(std::string_view input, Progress& progress, Request& request) {
  bool full = input.size() >= limits::head_max;
  if (full) input = take(input, limits::head_max);
  while (true) {
    size_t end = find_line_end(input, progress.seen, progress.seen);
    if (end == line_bad) return Outcome::reject(Status::bad_request);
    if (end == line_more) {
      // Empty lines are not part of a head: the caller drops them, and comes back.
      bool empty_lines = !progress.in_fields && progress.line > 0;
      if (!full || empty_lines) return Outcome::more();
      return Outcome::reject(progress.in_fields ? Status::request_header_fields_too_large : Status::uri_too_long);
    }
    std::string_view line = drop(take(input, end), progress.line);
    progress.line = progress.seen = static_cast<uint32_t>(end + 2);

    Status status = fine;
    if (progress.in_fields) {
      if (line.empty()) {
        request.fields = {request.fields.data(), static_cast<size_t>(line.data() - request.fields.data())};
        status = finish(request);
        return status == fine ? Outcome::done(end + 2) : Outcome::reject(status);
      }
      status = field_line(line, request);
    } else if (!line.empty()) { // empty lines before the request: RFC 9112 section 2.2
      status = request_line(line, request);
      request.fields = take(drop(input, progress.line), 0); // they begin here; the blank line tells their end
      progress.in_fields = true;
    }
    if (status != fine) return Outcome::reject(status);
  }
}

} // namespace minhttp::http
