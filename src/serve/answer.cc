// A tour: answer() sends the greeting, or asks route() what to do; the rest is what step()
// says on its own: refusals, 100, the log line of a connection that never asked.

#include "serve/answer.h"

#include "base/bytes.h"
#include "http/multipart.h"
#include "serve/log_line.h"
#include "serve/reply.h"
#include "serve/route.h"
#include "site/greeting.h"

namespace minhttp::serve {
namespace {

using http::Method;
using http::Status;

void append(Workspace& work, std::string_view text) {
  CHECK(text.size() <= limits::output_bytes - work.out_end);
  __builtin_memcpy(work.out + work.out_end, text.data(), text.size());
  work.out_end += static_cast<uint32_t>(text.size());
}

void greeting_answer(Server& server, Connection& connection, Workspace& work) {
  connection.close = true;
  bool head_only = work.request.method == Method::head;
  std::string_view text = head_only ? site::greeting_head() : site::greeting();
  Reply reply = {.server = server, .connection = connection, .work = work};
  log_answer(reply, Status::ok, head_only ? 0 : text.size() - site::greeting_head().size());
  append(work, text);
}

} // namespace

bool serves(const Server& server, Method method) {
  if (server.sites.greeting()) return true;
  return method == Method::get || method == Method::head || method == Method::options;
}

bool answer(Server& server, Connection& connection, Workspace& work) {
  if (!server.sites.greeting()) return route(server, connection, work);
  greeting_answer(server, connection, work);
  return true;
}

void next_part(Connection& connection, Workspace& work) {
  http::Multipart& parts = work.multipart;
  std::span<char> room(work.out + work.out_end, limits::output_bytes - work.out_end);
  work.out_end += static_cast<uint32_t>(http::write_multipart_text(room, parts, parts.said));
  if (parts.said == parts.ranges.count) {
    connection.multipart = false;
    return connection.file.close();
  }
  const http::Part& part = parts.ranges.parts[parts.said++];
  connection.file_offset = part.first;
  connection.file_left = part.length;
}

void refuse(Server& server, Connection& connection, Workspace& work, Status status) {
  connection.close = true;
  connection.linger = true;
  Reply reply = {.server = server, .connection = connection, .work = work};
  reply_status(reply, status);
}

void say_continue(Workspace& work) { append(work, "HTTP/1.1 100 Continue\r\n\r\n"); }

} // namespace minhttp::serve
