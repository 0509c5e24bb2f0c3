// SPDX-License-Identifier: MIT
// Pseudo-fields come first, in any order. The path is written to where it stays, behind the place of the longest
// method, and the method to the end of that place. The authority waits at the end of the memory until the path is
// known.

#include "h2/request.h"

#include "base/bytes.h"
#include "http/field_name.h"
#include "http/host.h"
#include "http/request_fields.h"
#include "http/scan.h"

namespace minhttp::h2 {
namespace {

using http::Class;
using http::Field;
using http::Method;
using http::Status;
using Kind = HeadOutcome::Kind;

constexpr std::string_view version() { return " HTTP/2.0\r\n"sv; }
constexpr size_t path_begin = limits::method_max + 1;
constexpr size_t authority_max = limits::host_max + 16; // a port, which may begin with zeros
constexpr size_t blank_line = 2;
static_assert(limits::head_max > path_begin + limits::target_max + 2 * authority_max + 64);

bool is_space(char c) { return c == ' ' || c == '\t'; }

// RFC 9113 section 8.2.1. Other control bytes than NUL, CR and LF are invalid too (RFC 9110 section 5.5).
bool valid_value(std::string_view value) {
  if (value.empty()) return true;
  return !is_space(value.front()) && !is_space(value.back()) && http::only<Class::field>(value);
}

// Section 8.2.2. `te` may ask for trailers, which changes nothing here.
bool connection_specific(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2: return equal(name, "te") && !equal_ignoring_case(value, "trailers");
    case 7: return equal(name, "upgrade");
    case 10: return equal(name, "connection") || equal(name, "keep-alive");
    case 16: return equal(name, "proxy-connection");
    case 17: return equal(name, "transfer-encoding");
    default: return false;
  }
}

bool valid_field(std::string_view name, std::string_view value) {
  return http::all(name, Class::lower_token) && valid_value(value) && !connection_specific(name, value);
}

// Authority of a CONNECT request: with a port (RFC 9113 section 8.5).
bool has_port(std::string_view authority) {
  size_t colon = authority.size();
  while (colon > 0 && is_digit(authority[colon - 1])) colon--;
  return colon > 0 && colon < authority.size() && authority[colon - 1] == ':';
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  cost::add(cost::Kind::bytes, a.size());
  for (size_t i = 0; i < a.size(); i++) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

} // namespace

bool RequestReader::malformed() {
  outcome_ = {.kind = Kind::malformed};
  return false;
}

bool RequestReader::refuse(Status status) {
  outcome_ = {.kind = Kind::refused, .status = status};
  return false;
}

bool RequestReader::pseudo_field(std::string_view name, std::string_view value) {
  auto first = [&](Pseudo which) {
    bool again = (seen_ & which) != 0;
    seen_ |= which;
    return !again;
  };
  if (in_fields_ || !valid_value(value)) return malformed();
  if (equal(name, ":method")) {
    if (!first(method) || !http::all(value, Class::token)) return malformed();
    if (value.size() > limits::method_max) return refuse(Status::not_implemented);
    request_.method = http::find_method(value);
    method_size_ = value.size();
    Writer(to_.subspan(limits::method_max - method_size_)).text(value).byte(' ');
    return true;
  }
  if (equal(name, ":scheme")) {
    if (!first(scheme) || !http::all(value, Class::token)) return malformed();
    bool known = equal_ignoring_case(value, "https") || equal_ignoring_case(value, "http");
    return known ? true : refuse(Status::bad_request); // section 8.3.1: others are not malformed
  }
  if (equal(name, ":path")) {
    if (!first(path) || value.empty()) return malformed();
    if (value.size() > limits::target_max) return refuse(Status::uri_too_long);
    path_size_ = value.size();
    Writer(to_.subspan(path_begin)).text(value);
    return true;
  }
  if (equal(name, ":authority")) {
    if (!first(authority) || value.size() > authority_max || !http::valid_authority(value)) return malformed();
    authority_size_ = value.size();
    Writer(to_.subspan(to_.size() - value.size())).text(value);
    return true;
  }
  return malformed(); // also :status, and :protocol, which SETTINGS have not allowed (RFC 8441)
}

bool RequestReader::set_target(std::string_view target) {
  if (request_.method == Method::connect) return true;
  if (equal(target, "*") && request_.method == Method::options) {
    request_.asterisk = true;
    return true;
  }
  if (target[0] != '/') return malformed();
  size_t mark = http::skip<Class::path>(target, 0);
  size_t end = mark < target.size() && target[mark] == '?' ? http::skip<Class::target>(target, mark) : mark;
  if (end < target.size()) return refuse(Status::bad_request);
  request_.path = take(target, mark);
  request_.query = drop(target, mark);
  return true;
}

// All pseudo-fields are there: checks that they are complete, and writes the request line and the authority.
bool RequestReader::begin_fields() {
  bool connect = request_.method == Method::connect;
  uint8_t needed = connect ? method | authority : method | scheme | path;
  uint8_t allowed = connect ? needed : needed | authority;
  in_fields_ = true;
  if ((seen_ & needed) != needed || (seen_ & ~allowed) != 0) return malformed();
  Writer out(to_.subspan(path_begin));
  std::string_view target = {to_.data() + path_begin, path_size_};
  if (connect) {
    if (!has_port(authority_text())) return malformed();
    out.text(authority_text());
    path_size_ = authority_size_;
  }
  if (!set_target(target)) return false;
  Writer(to_.subspan(path_begin + path_size_)).text(version());
  size_t begin = limits::method_max - method_size_;
  used_ = fields_ = path_begin + path_size_ + version().size();
  request_.line = {to_.data() + begin, used_ - begin - 2};
  request_.minor = 1;
  if ((seen_ & authority) == 0) return true;
  std::string_view kept;
  (void)write_line("host"sv, authority_text(), kept); // there is room
  http::note_seen(Field::host, request_);
  request_.host = kept;
  return true;
}

// kept: the value, as written. False: there is no room.
bool RequestReader::write_line(std::string_view name, std::string_view value, std::string_view& kept) {
  size_t size = name.size() + 2 + value.size() + 2;
  if (size + blank_line > to_.size() - used_) return refuse(Status::request_header_fields_too_large);
  Writer(to_.subspan(used_)).text(name).text(": ").text(value).text("\r\n");
  kept = {to_.data() + used_ + name.size() + 2, value.size()};
  used_ += size;
  return true;
}

// With :authority, Host says the same or the request is malformed (RFC 9113 section 8.3.1); it is written once.
bool RequestReader::host_field(std::string_view value) {
  bool same = !host_seen_ && same_ignoring_case(value, request_.host);
  host_seen_ = true;
  return same ? true : malformed();
}

bool RequestReader::field(std::string_view name, std::string_view value) {
  if (outcome_.kind != Kind::ok) return false;
  if (!name.empty() && name[0] == ':') return pseudo_field(name, value);
  if (!in_fields_ && !begin_fields()) return false;
  if (!valid_field(name, value)) return malformed();
  Field known = http::find_field(name);
  if (known == Field::host && (seen_ & authority) != 0) return host_field(value);
  std::string_view kept;
  if (!write_line(name, value, kept)) return false;
  if (known != Field::unknown && http::note_field(known, kept, request_) != http::Refusal::none) return malformed();
  if (priority_.empty() && equal(name, "priority")) priority_ = kept;
  return true;
}

bool RequestReader::oversized(std::string_view name) {
  if (outcome_.kind != Kind::ok) return false;
  return refuse(equal(name, ":path") ? Status::uri_too_long : Status::request_header_fields_too_large);
}

HeadOutcome RequestReader::finish(bool ends) {
  if (outcome_.kind == Kind::ok && !in_fields_) (void)begin_fields();
  if (outcome_.kind != Kind::ok) return outcome_;
  bool lies = ends && request_.content_length > 0; // section 8.1.1
  if (!request_.has(Field::host) || lies) {
    (void)malformed();
    return outcome_;
  }
  if (!ends && !request_.has(Field::content_length)) request_.framing = http::Framing::chunked;
  request_.fields = {to_.data() + fields_, used_ - fields_};
  Writer(to_.subspan(used_)).text("\r\n");
  return outcome_;
}

HeadOutcome RequestReader::give_up() {
  if (outcome_.kind != Kind::ok) return outcome_;
  bool has_target = in_fields_ || (seen_ & path) != 0;
  (void)refuse(has_target ? Status::request_header_fields_too_large : Status::uri_too_long);
  return outcome_;
}

bool TrailerReader::field(std::string_view name, std::string_view value) {
  if (outcome_.kind != Kind::ok) return false;
  bytes_ += name.size() + 2 + value.size() + 2;
  if (!valid_field(name, value)) {
    outcome_ = {.kind = Kind::malformed};
  } else if (bytes_ > limits::trailer_max) {
    outcome_ = {.kind = Kind::refused, .status = Status::request_header_fields_too_large};
  }
  return outcome_.kind == Kind::ok;
}

bool TrailerReader::oversized(std::string_view) {
  if (outcome_.kind == Kind::ok) {
    outcome_ = {.kind = Kind::refused, .status = Status::request_header_fields_too_large};
  }
  return false;
}

} // namespace minhttp::h2
