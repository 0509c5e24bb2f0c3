// SPDX-License-Identifier: MIT
// A tour: parse_head() splits the input into lines. The first goes to request_line(), each further one to field_line(),
// and at the blank line finish() checks the head as a whole. A line is parsed only when it is complete; of an
// incomplete one only the position up to which it was scanned is kept.
//
// Before that, common_line() and common_fields() try a fast path. They accept what nearly every request consists of and
// stop at anything else. So only the former functions decide what is refused, and with which status, except for the
// values of known fields, which both hand to known_field().

#include "h1/parse.h"

#include "base/bytes.h"
#include "http/character.h"
#include "http/field_name.h"
#include "http/host.h"
#include "http/request_fields.h"
#include "http/scan.h"
#include "tables/limits.h"

namespace minhttp::h1 {
namespace {

using http::Class;
using http::Field;
using http::Framing;
using http::Method;
using http::Refusal;
using http::Request;

constexpr Refusal fine = Refusal::none; // no objection

// origin-form: a path, and a query from position mark on. Only the characters are checked here; path.cc interprets the
// path.
Refusal origin_form(std::string_view target, size_t mark, Request& request) {
  request.path = take(target, mark);
  request.query = drop(target, mark);
  return fine;
}

// absolute-form, "http://authority/path?query" (RFC 9112 section 3.2.2). Its authority replaces the Host field. Schemes
// other than http are refused.
Refusal absolute_form(std::string_view target, Request& request) {
  constexpr std::string_view scheme = "http://";
  if (!starts_with_ignoring_case(target, scheme)) return Refusal::malformed_target;
  std::string_view rest = drop(target, scheme.size());
  size_t end = 0;
  while (end < rest.size() && rest[end] != '/' && rest[end] != '?') end++;
  request.host = take(rest, end);
  if (!http::valid_authority(request.host)) return Refusal::malformed_target;
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
  return origin_form(rest, find(rest, '?'), request);
}

// mark: the position of the first question mark, or the target's size.
Refusal request_target(std::string_view target, size_t mark, Request& request) {
  if (request.method == Method::connect) { // authority-form, with a port
    size_t colon = target.size();
    while (colon > 0 && target[colon - 1] != ':') colon--;
    return colon > 1 && colon < target.size() && http::valid_authority(target) ? fine : Refusal::malformed_target;
  }
  if (target[0] == '/') return origin_form(target, mark, request);
  if (equal(target, "*") && request.method == Method::options) {
    request.asterisk = true;
    return fine;
  }
  return absolute_form(target, request);
}

// HTTP-version, exactly eight bytes (RFC 9112 section 2.3).
Refusal http_version(std::string_view text, Request& request) {
  if (text.size() != 8 || !starts_with(text, "HTTP/") || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7])) {
    return Refusal::malformed_request;
  }
  if (text[5] != '1') return Refusal::unknown_version;
  request.minor = text[7] == '0' ? 0 : 1; // a higher minor version is handled as 1.1
  return fine;
}

// method SP request-target SP HTTP-version, single spaces (RFC 9112 section 3).
Refusal request_line(std::string_view line, Request& request) {
  size_t space = http::skip_plain<Class::token>(line, 0); // mostly three bytes
  if (space == 0 || (space < line.size() && line[space] != ' ')) return Refusal::malformed_request;
  if (space > limits::method_max) return Refusal::unknown_method;
  if (space == line.size()) return Refusal::malformed_request;
  request.method = http::find_method(take(line, space));

  size_t begin = space + 1;
  size_t mark = http::skip_plain<Class::path>(line, begin);
  size_t end = mark < line.size() && line[mark] == '?' ? http::skip_plain<Class::target>(line, mark) : mark;
  bool ends_well = end < line.size() && line[end] == ' ';
  // If a target is both too long and malformed, 414 is reported.
  size_t size = ends_well ? end - begin : find(drop(line, begin), ' ');
  if (size > limits::target_max) return Refusal::target_too_long;
  if (size == 0 || !ends_well) return Refusal::malformed_target;

  Refusal version = http_version(drop(line, end + 1), request);
  if (version != fine) return version;
  request.line = line;
  return request_target(take(drop(line, begin), size), mark - begin, request);
}

// Fast path for the request line of nearly every request: GET, a path, HTTP/1.1. Returns its size with the line end. 0:
// it is another one, or incomplete; then request_line() decides, which has the whole grammar. request_line() accepts
// everything that is accepted here.
size_t common_line(std::string_view input, Request& request) {
  if (!starts_with(input, "GET /")) return 0;
  size_t begin = 4;
  size_t mark = http::skip<Class::path>(input, begin);
  size_t end = mark < input.size() && input[mark] == '?' ? http::skip<Class::target>(input, mark) : mark;
  if (end - begin > limits::target_max || !starts_with(drop(input, end), " HTTP/1.1\r\n")) return 0;
  size_t line_end = end + 9;
  request.method = Method::get;
  request.minor = 1;
  request.line = take(input, line_end);
  request.path = drop(take(input, mark), begin);
  request.query = drop(take(input, end), mark);
  return line_end + 2;
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

// Collects the codings of all lines of Transfer-Encoding; finish() decides when it knows the last one. Only the exact
// word "chunked" is supported. A parameter, an empty member or a quote indicates an attempt to make two servers
// disagree (RFC 9112 section 6.1).
Refusal transfer_encoding(std::string_view list, Request& request) {
  while (true) {
    size_t comma = find(list, ',');
    std::string_view coding = trim(take(list, comma));
    if (coding.empty() || !all(coding, Class::token)) return Refusal::invalid_transfer_coding;
    bool chunked = equal_ignoring_case(coding, "chunked");
    if (request.framing == Framing::chunked) return Refusal::invalid_transfer_coding; // chunked is not the last coding
    if (chunked) request.framing = Framing::chunked;
    if (!chunked) request.other_transfer_coding = true;
    if (comma == list.size()) return fine;
    list = drop(list, comma + 1);
  }
}

Refusal known_field(Field field, std::string_view value, Request& request) {
  if (field == Field::transfer_encoding) {
    http::note_seen(field, request);
    return transfer_encoding(value, request);
  }
  if (field == Field::connection) connection(value, request);
  return http::note_field(field, value, request);
}

// value: may have spaces around it. This function and the two others that are not inlined serve the slow path of
// parse_head(); inlined, they would only enlarge the code of the fast path.
[[gnu::noinline]] Refusal field_line(std::string_view name, std::string_view value, Request& request) {
  Field field = http::find_field(name);
  return field == Field::unknown ? fine : known_field(field, trim(value), request);
}

// Checks what needs the whole head.
Refusal finish(Request& request) {
  if (request.minor >= 1 && !request.has(Field::host)) return Refusal::missing_host;
  if (request.has(Field::transfer_encoding) && (request.has(Field::content_length) || request.minor == 0)) {
    return Refusal::ambiguous_length; // RFC 9112 section 6.1: two framings, or one that 1.0 lacks
  }
  if (request.other_transfer_coding) { // section 6.3: without chunked at the end, the end of the body is unknown
    return request.framing == Framing::chunked ? Refusal::unknown_transfer_coding : Refusal::invalid_transfer_coding;
  }
  if (request.minor == 0) { // RFC 9110 section 10.1.1: no expectations in HTTP/1.0
    request.expect_continue = false;
    request.expect_unknown = false;
  }
  return fine;
}

void begin_fields(std::string_view input, size_t at, Progress& progress, Request& request) {
  progress.line = progress.seen = static_cast<uint32_t>(at);
  progress.in_fields = true;
  request.fields = take(drop(input, at), 0); // parse_head() sets their end at the blank line
}

// Fast path for the field lines of nearly every request, from progress on. Stops before a line that is incomplete or
// malformed, and before the blank line; parse_head() continues there line by line. Not fine: why the value of a known
// field is invalid.
Refusal common_fields(std::string_view input, Progress& progress, Request& request) {
  size_t at = progress.line;
  Refusal refusal = fine;
  while (refusal == fine && at < input.size() && input[at] != '\r') {
    size_t colon = http::skip<Class::token>(input, at);
    if (colon == at || colon == input.size() || input[colon] != ':') break;
    size_t end = http::skip<Class::field>(input, colon);
    if (!starts_with({input.data() + end, input.size() - end}, "\r\n")) break;
    Field field = http::find_field({input.data() + at, colon - at});
    if (field != Field::unknown) {
      refusal = known_field(field, trim({input.data() + colon + 1, end - colon - 1}), request);
    }
    at = end + 2;
  }
  progress.line = progress.seen = static_cast<uint32_t>(at);
  return refusal;
}

} // namespace

[[gnu::noinline]] size_t find_line_end(std::string_view input, size_t from, uint32_t& seen) {
  size_t at = http::skip<Class::field>(input, from);
  seen = static_cast<uint32_t>(at);
  if (at == input.size()) return line_more;
  if (input[at] != '\r') return line_bad;
  if (at + 1 == input.size()) return line_more;
  return input[at + 1] == '\n' ? at : line_bad;
}

[[gnu::noinline]] bool split_field(std::string_view line, std::string_view& name, std::string_view& value) {
  size_t colon = http::skip_plain<Class::token>(line, 0);
  // Also refuses obs-fold and a space before the colon.
  if (colon == 0 || colon == line.size() || line[colon] != ':') return false;
  name = take(line, colon);
  value = trim(drop(line, colon + 1));
  return true;
}

Outcome parse_head(std::string_view input, Progress& progress, Request& request) {
  bool full = input.size() >= limits::head_max;
  if (full) input = take(input, limits::head_max);
  if (progress.seen == 0) {
    size_t size = common_line(input, request);
    if (size > 0) begin_fields(input, size, progress, request);
  }
  while (true) {
    Refusal refusal = fine;
    // Only at the start of a line: if a line arrives in a thousand pieces, no byte is scanned a thousand times.
    if (progress.in_fields && progress.seen == progress.line) refusal = common_fields(input, progress, request);
    if (refusal != fine) return Outcome::reject(refusal);
    if (progress.in_fields && starts_with(drop(input, progress.line), "\r\n")) {
      const char* fields = request.fields.data();
      request.fields = {fields, static_cast<size_t>(input.data() + progress.line - fields)};
      refusal = finish(request);
      return refusal == fine ? Outcome::done(progress.line + 2) : Outcome::reject(refusal);
    }

    size_t end = find_line_end(input, progress.seen, progress.seen);
    if (end == line_bad) {
      return Outcome::reject(progress.in_fields ? Refusal::malformed_field : Refusal::malformed_request);
    }
    if (end == line_more) {
      // Empty lines are not part of a head: the caller drops them, and calls again.
      bool empty_lines = !progress.in_fields && progress.line > 0;
      if (!full || empty_lines) return Outcome::more();
      if (progress.in_fields) return Outcome::reject(Refusal::head_too_large);
      bool method = http::skip_plain<Class::token>(input, 0) > limits::method_max;
      return Outcome::reject(method ? Refusal::unknown_method : Refusal::target_too_long);
    }
    std::string_view line = drop(take(input, end), progress.line);
    progress.line = progress.seen = static_cast<uint32_t>(end + 2);

    if (progress.in_fields) {
      std::string_view name;
      std::string_view value;
      refusal = split_field(line, name, value) ? field_line(name, value, request) : Refusal::malformed_field;
    } else if (!line.empty()) { // empty lines before the request line are skipped: RFC 9112 section 2.2
      refusal = request_line(line, request);
      begin_fields(input, end + 2, progress, request);
    }
    if (refusal != fine) return Outcome::reject(refusal);
  }
}

} // namespace minhttp::h1
