// SPDX-License-Identifier: MIT
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
  uint64_t bytes = head_only ? 0 : text.size() - site::greeting_head().size();
  log_answer(server, connection, {.request = work.request.line, .status = Status::ok, .bytes = bytes});
  append(work, text);
}

} // namespace

bool serves(const Server& server, Method method) {
  if (server.sites.greeting()) return true;
  return method == Method::get || method == Method::head || method == Method::options;
}

bool answer(Server& server, Connection& connection, Workspace& work) {
  if (server.cache != nullptr) server.cache->begin(server.clock.now_ms(), server.clock.seconds());
  if (!server.sites.greeting()) return route(server, connection, work);
  greeting_answer(server, connection, work);
  return true;
}

bool answer_again(Server& server, Connection& connection, Workspace& work) {
  bool last = server.draining || connection.requests + 1 == server.requests_max;
  if (server.memo == nullptr || last || work.progress.seen > 0) return false;
  std::string_view input = {work.in + work.in_begin, work.in_end - work.in_begin};
  Moment moment = {server.clock.now_ms(), server.clock.seconds(), server.generation};
  const MemoEntry* noted = server.memo->find(input, moment);
  if (noted == nullptr || server.cache->is_careful(server.clock.now_ms())) return false;
  connection.requests++;
  connection.close = noted->close;
  work.in_begin += noted->request_size;
  append(work, noted->head_view());
  noted->file->asked_again = true;
  log_answer(server, connection,
             {.request = take(input, noted->line_size), .status = noted->status, .bytes = noted->body_bytes});
  http::Part body = {.first = 0, .length = noted->body_bytes};
  const char* memory = noted->copy ? noted->file->copy_memory : noted->file->memory;
  if (body.length > 0 && !copy_body(work, memory, body)) {
    add_body(connection, work, site::Source(*noted->file, noted->copy), body);
  }
  return true;
}

void next_part(Connection& connection, Workspace& work) {
  http::Multipart& parts = work.multipart;
  std::span<char> room(work.out + work.out_end, limits::output_bytes - work.out_end);
  work.out_end += static_cast<uint32_t>(http::write_multipart_text(room, parts, parts.said));
  if (parts.said == parts.ranges.count) {
    connection.multipart = false;
    return connection.source.close();
  }
  const http::Part& part = parts.ranges.parts[parts.said++];
  connection.body_offset = part.first;
  connection.body_left = part.length;
}

void refuse(Server& server, Connection& connection, Workspace& work, Status status) {
  connection.close = true;
  connection.linger = true;
  Reply reply = {.server = server, .connection = connection, .work = work};
  reply_status(reply, status);
}

void say_continue(Workspace& work) { append(work, "HTTP/1.1 100 Continue\r\n\r\n"); }

} // namespace minhttp::serve
