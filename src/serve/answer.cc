// A tour: answer() finds out what is at the request's path, says which status that means,
// and writes the head; text_answer() is everything that is not a file. The log line is
// composed here too, while the request is still at hand.

#include "serve/answer.h"

#include "base/bytes.h"
#include "http/conditional.h"
#include "http/multipart.h"
#include "http/path.h"
#include "http/response.h"
#include "serve/listing.h"
#include "site/greeting.h"

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

// "Connection received, bytes read: N", before the answer as in the original.
void log_case_study(Server& server, Connection& connection) {
  if (connection.logged) return;
  connection.logged = true;
  auto to = server.log.reserve(64);
  if (to.empty()) return;
  Writer line(to);
  line.text("Connection received, bytes read: ").decimal(connection.received).byte('\n');
  server.log.commit(line.size());
}

constexpr uint64_t unknown_length = UINT64_MAX; // the body is not made yet

// Common Log Format: host - - [time] "request" status bytes. The request line holds no
// quote and no control byte, the parser has seen to that; one that it refused is "-".
void log_common(Server& server, Connection& connection, const Workspace& work, Status status, uint64_t bytes) {
  auto to = server.log.reserve(work.request.line.size() + 128);
  if (to.empty()) return;
  Writer line(to);
  write_ip(line, connection.peer);
  line.text(" - - [").text(server.clock.log_date()).text("] \"");
  line.text(work.request.line.empty() ? "-" : work.request.line);
  line.text("\" ").decimal(static_cast<uint64_t>(status)).byte(' ');
  (bytes == unknown_length ? line.byte('-') : line.decimal(bytes)).byte('\n');
  server.log.commit(line.size());
}

void log_answer(Server& server, Connection& connection, const Workspace& work, Status status, uint64_t bytes) {
  switch (server.log_format) {
    case LogFormat::off: return;
    case LogFormat::case_study: return log_case_study(server, connection);
    case LogFormat::common: return log_common(server, connection, work, status, bytes);
  }
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

Head new_head(Server& server, Connection& connection, const Workspace& work, Status status) {
  Head head;
  head.status = status;
  head.date = server.clock.date();
  head.now = server.clock.seconds();
  head.persistence = persistence(server, connection, work.request);
  return head;
}

// An answer whose body is the status itself: errors, redirects, OPTIONS.
void text_answer(Server& server, Connection& connection, Workspace& work, Head& head) {
  std::string_view text = http::status_text(head.status);
  bool body = head.status != Status::no_content;
  if (body) {
    head.type = "text/plain; charset=utf-8";
    head.length = text.size() + 1;
  }
  head.allow = head.status == Status::method_not_allowed || head.status == Status::no_content;
  head.retry = head.status == Status::service_unavailable;
  work.out_end += static_cast<uint32_t>(http::write_head(room(work), head));
  body = body && work.request.method != Method::head;
  if (body) {
    append(work, text);
    append(work, "\n");
  }
  log_answer(server, connection, work, head.status, body ? *head.length : 0);
}

void status_answer(Server& server, Connection& connection, Workspace& work, Status status) {
  Head head = new_head(server, connection, work, status);
  text_answer(server, connection, work, head);
}

// To the same name with a slash. Relative to the request's own path, so that it holds
// behind a proxy that adds a prefix or another port; "./" keeps a name with a colon from
// being read as a scheme, and no Location can begin with "//".
void redirect_answer(Server& server, Connection& connection, Workspace& work) {
  std::string_view path = work.request.path;
  size_t slash = path.size();
  while (path[slash - 1] != '/') slash--;
  Head head = new_head(server, connection, work, Status::moved_permanently);
  head.location_segment = drop(path, slash);
  head.location_query = work.request.query;
  text_answer(server, connection, work, head);
}

void send_part(Connection& connection, const http::Part& part) {
  connection.file_offset = part.first;
  connection.file_left = part.length;
}

// 200, or 206 where ranges has parts. Several parts follow one by one: next_part().
void body_answer(Server& server, Connection& connection, Workspace& work, Head& head, site::Found& found,
                 const http::Ranges& ranges) {
  http::Part part = {.first = 0, .length = found.body.length};
  head.type = found.type;
  head.ranges = true;
  if (ranges.count > 0) head.status = Status::partial_content;
  if (ranges.count == 1) {
    part = ranges.parts[0];
    head.part = part;
  }
  head.length = part.length;
  if (ranges.count > 1) {
    work.multipart = {
        .ranges = ranges, .size = found.body.length, .type = found.type, .boundary = server.boundaries.next()};
    connection.multipart = true;
    head.boundary = work.multipart.boundary_text();
    head.length = http::multipart_length(work.multipart);
  }
  work.out_end += static_cast<uint32_t>(http::write_head(room(work), head));
  bool body = work.request.method == Method::get && *head.length > 0;
  if (body) {
    connection.file = static_cast<sys::Fd&&>(found.body.file);
    if (!connection.multipart) send_part(connection, part);
  }
  log_answer(server, connection, work, head.status, body ? *head.length : 0);
}

// A file that is there, in the order of RFC 9110 section 13.2.2: the preconditions, then
// the range, then the whole.
void file_answer(Server& server, Connection& connection, Workspace& work, site::Found& found) {
  int64_t now = server.clock.seconds();
  Head head = new_head(server, connection, work, http::judge(work.request, found.validators, now));
  if (head.status == Status::precondition_failed) return text_answer(server, connection, work, head);
  http::Ranges ranges;
  if (head.status == Status::ok && http::takes_range(work.request, found.validators, now)) {
    ranges = http::parse_ranges(work.request.range, found.body.length);
  }
  head.size = found.body.length;
  if (ranges.kind == http::Ranges::Kind::unsatisfiable) {
    head.status = Status::range_not_satisfiable;
    return text_answer(server, connection, work, head);
  }
  head.validators = found.validators;
  if (head.status == Status::ok) return body_answer(server, connection, work, head, found, ranges);
  work.out_end += static_cast<uint32_t>(http::write_head(room(work), head)); // 304
  log_answer(server, connection, work, head.status, 0);
}

// A directory without an index: its entries, if we list them. Its body is made while it is
// sent, see fill(); how long it will be is not known.
void listing_answer(Server& server, Connection& connection, Workspace& work, const http::Path& path) {
  Status status = begin_listing(server, connection, work.request, path);
  if (status != Status::ok) return status_answer(server, connection, work, status);
  Head head = new_head(server, connection, work, status);
  describe_listing(server, connection, head);
  work.out_end += static_cast<uint32_t>(http::write_head(room(work), head));
  if (work.request.method == Method::head) end_listing(server, connection);
  log_answer(server, connection, work, status, unknown_length);
}

void directory_answer(Server& server, Connection& connection, Workspace& work) {
  char decoded[limits::target_max];
  http::Path path = {};
  if (!work.request.path.empty()) path = http::decode_path(work.request.path, decoded);
  if (path.status == Status::bad_request) { // whatever was to be done with it
    connection.close = true;
    return status_answer(server, connection, work, path.status);
  }
  if (work.request.method == Method::unknown) return status_answer(server, connection, work, Status::not_implemented);
  if (work.request.method == Method::options) return status_answer(server, connection, work, Status::no_content);
  if (!serves(server, work.request.method)) {
    return status_answer(server, connection, work, Status::method_not_allowed);
  }
  if (path.status != Status::ok) return status_answer(server, connection, work, path.status);
  site::Found found = server.site.files.find(path);
  switch (found.kind) {
    case site::Found::Kind::file: return file_answer(server, connection, work, found);
    case site::Found::Kind::redirect: return redirect_answer(server, connection, work);
    case site::Found::Kind::error:
      if (found.status == Status::not_found && path.directory) return listing_answer(server, connection, work, path);
      return status_answer(server, connection, work, found.status);
  }
}

void greeting_answer(Server& server, Connection& connection, Workspace& work) {
  connection.close = true;
  bool head_only = work.request.method == Method::head;
  std::string_view text = head_only ? site::greeting_head() : site::greeting();
  log_answer(server, connection, work, Status::ok, head_only ? 0 : text.size() - site::greeting_head().size());
  append(work, text);
}

} // namespace

bool serves(const Server& server, Method method) {
  if (server.site.kind == site::Site::Kind::greeting) return true;
  return method == Method::get || method == Method::head || method == Method::options;
}

void answer(Server& server, Connection& connection, Workspace& work) {
  if (server.site.kind == site::Site::Kind::greeting) {
    greeting_answer(server, connection, work);
  } else {
    directory_answer(server, connection, work);
  }
}

void next_part(Connection& connection, Workspace& work) {
  http::Multipart& parts = work.multipart;
  work.out_end += static_cast<uint32_t>(http::write_multipart_text(room(work), parts, parts.said));
  if (parts.said == parts.ranges.count) {
    connection.multipart = false;
    return connection.file.close();
  }
  send_part(connection, parts.ranges.parts[parts.said++]);
}

void refuse(Server& server, Connection& connection, Workspace& work, Status status) {
  connection.close = true;
  connection.linger = true;
  status_answer(server, connection, work, status);
}

void say_continue(Workspace& work) { append(work, "HTTP/1.1 100 Continue\r\n\r\n"); }

void log_unanswered(Server& server, Connection& connection) {
  if (server.log_format == LogFormat::case_study) log_case_study(server, connection);
}

} // namespace minhttp::serve
