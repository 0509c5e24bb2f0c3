// SPDX-License-Identifier: MIT
// A tour: step() records what happened, then advance() goes through the states until the connection wants something
// from the kernel. Responses that fit are gathered in the output, so that a pipelined batch leaves in one write.

#include "conn/step.h"

#include <new>

#include "base/bytes.h"
#include "conn/access_log.h"
#include "conn/answer.h"
#include "conn/http2.h"
#include "conn/listing_body.h"
#include "conn/uptake.h"
#include "serve/decide.h"

namespace minhttp::conn {
namespace {

using h1::Outcome;
using http::Status;

Workspace* workspace(Server& server, Connection& c) {
  return c.workspace == Pool::none ? nullptr : &server.workspaces[c.workspace];
}

// A workspace without the contents of its last owner; null where none is left.
Workspace* take_workspace(Server& server, Connection& c) {
  if (c.workspace == Pool::none) {
    c.workspace = server.free_workspaces.take();
    if (c.workspace == Pool::none) return nullptr;
    Workspace& work = server.workspaces[c.workspace];
    work.in_begin = work.in_end = work.out_begin = work.out_end = 0;
    work.progress = {};
    work.request = {};
    work.lingered = 0;
    work.received = 0;
  }
  return &server.workspaces[c.workspace];
}

void release_workspace(Server& server, Connection& c) {
  if (c.workspace == Pool::none) return;
  server.free_workspaces.give_back(c.workspace);
  c.workspace = Pool::none;
}

bool has_input(const Workspace* work) { return work != nullptr && work->in_begin < work->in_end; }
bool has_output(const Workspace* work) { return work != nullptr && work->out_begin < work->out_end; }

std::string_view input(const Workspace& work) { return {work.in + work.in_begin, work.in_end - work.in_begin}; }

// Whether another response head of any length can be appended.
bool has_room(const Workspace& work) { return limits::output_bytes - work.out_end >= limits::answer_head_max; }

// Moves the input that is not used up yet to an earlier place.
void move_input(Workspace& work, uint32_t to) {
  if (to == work.in_begin) return; // a line of a body that comes byte by byte is not moved for each
  __builtin_memmove(work.in + to, work.in + work.in_begin, work.in_end - work.in_begin);
  cost::add(cost::Kind::bytes, work.in_end - work.in_begin);
  work.in_end -= work.in_begin - to;
  work.in_begin = to;
}

// The part of a head that was parsed already points to the old place, so it is parsed again.
void restart_in_front(Workspace& work) {
  move_input(work, 0);
  work.progress = {};
  work.request = {};
}

// To the front of the input, so that the longest head fits.
bool recv_head(Workspace& work, Wants& wants) {
  if (work.in_begin > 0) restart_in_front(work);
  wants.recv({work.in + work.in_end, limits::head_max - work.in_end});
  return true;
}

// Behind the head, which the response still needs.
bool recv_body(Workspace& work, Wants& wants) {
  move_input(work, work.body_begin);
  wants.recv({work.in + work.in_end, sizeof work.in - work.in_end});
  return true;
}

// The part of the body that is in memory; empty where it comes from a file.
std::string_view body_in_memory(const Connection& c) {
  const char* memory = c.body_left > 0 ? c.source.memory() : nullptr;
  return memory == nullptr ? std::string_view() : std::string_view(memory + c.body_offset, c.body_left);
}

// The output, and with it the body if that is in memory.
bool send(const Connection& c, const Workspace& work, Wants& wants) {
  std::string_view body = body_in_memory(c);
  // MSG_MORE holds the segment back where more follows at once: the file, another part, or the end.
  bool follows = c.body_left > body.size() || c.multipart || c.lists();
  bool last = !follows && c.close && !c.linger && c.state == State::sending;
  wants.send({work.out + work.out_begin, work.out_end - work.out_begin}, body, follows || last);
  return true;
}

void note_sent(Server& server, Connection& c, size_t bytes) {
  c.sent += bytes;
  c.written += static_cast<uint32_t>(bytes);
  if (c.written >= limits::send_progress_min) c.restart_timer = true;
  Workspace* work = workspace(server, c);
  if (has_output(work)) {
    uint32_t waiting = work->out_end - work->out_begin;
    auto written = static_cast<uint32_t>(bytes < waiting ? bytes : waiting);
    work->out_begin += written;
    if (work->out_begin == work->out_end) work->out_begin = work->out_end = 0;
    bytes -= written;
  }
  CHECK(bytes <= c.body_left);
  c.body_offset += bytes;
  c.body_left -= bytes;
  if (c.log_record != Pool::none) log_sent(server, c);
  if (c.body_left == 0 && !c.multipart) c.source.close();
}

// The response is in the output, or with the connection. Chooses the next state.
void go_on(Connection& c, const Workspace& work) {
  c.state = c.close || c.body_left > 0 || c.multipart || c.lists() ? State::sending : State::head;
  c.restart_timer = true;
  // Input behind the last request: a close on unread bytes is a reset, and the reset could
  // overtake the response.
  if (c.close && has_input(&work)) c.linger = true;
}

void next_request(Connection& c, Workspace& work) {
  work.progress = {};
  work.request = {};
  go_on(c, work);
}

// False: there is no response yet; in_pending() asks again.
bool answer_request(Server& server, Connection& c, Workspace& work) {
  if (!answer(server, c, work)) {
    c.state = State::pending;
    return false;
  }
  next_request(c, work);
  return true;
}

// False: nothing is wanted yet, go on with the next state.
bool refuse_request(Server& server, Connection& c, Workspace& work, Status status) {
  refuse(server, c, work, status);
  next_request(c, work);
  return false;
}

// The head is complete. Answers the request, or begins to read its body.
void begin(Server& server, Connection& c, Workspace& work) {
  http::Request& request = work.request;
  if (request.expect_unknown) return (void)refuse_request(server, c, work, Status::expectation_failed);
  if (request.framing == http::Framing::none) return (void)answer_request(server, c, work);
  if (request.framing == http::Framing::length && request.content_length > server.body_max) {
    return (void)refuse_request(server, c, work, Status::content_too_large);
  }
  if (request.expect_continue) {
    if (!serve::serves(server.context, request.method)) { // the final answer at once; the body may follow or not
      c.close = true;
      c.linger = true;
      return (void)answer_request(server, c, work);
    }
    if (!has_input(&work)) write_continue(work); // else the client did not wait
  }
  work.body = h1::start_body(request);
  work.body_begin = work.in_begin;
  c.state = State::body;
}

// The functions of the states, in_head() and so on, say whether the connection wants something from the kernel. False:
// go on with the state that it is in now.
bool want(Wants::Kind kind, Wants& wants) {
  wants.be(kind);
  return true;
}

// Empty lines before a request are no part of it (RFC 9112 section 2.2), nor of its limit.
void skip_empty_lines(Workspace& work) {
  while (!work.progress.in_fields && starts_with(input(work), "\r\n")) work.in_begin += 2;
}

// The first bytes may be HTTP/2's preface.
bool may_be_http2(const Server& server, const Connection& c, const Workspace& work) {
  return server.http2 != nullptr && c.requests == 0 && begins_http2(input(work));
}

bool in_preface(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (input(work).size() < h2::client_preface().size()) {
    return c.end ? want(Wants::Kind::close, wants) : recv_head(work, wants);
  }
  begin_http2(server, c, work);
  return false;
}

bool in_head(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (may_be_http2(server, c, work)) return in_preface(server, c, work, wants);
  if (has_output(&work) && !has_room(work)) return send(c, work, wants);
  skip_empty_lines(work);
  if (replay(server, c, work)) {
    go_on(c, work);
    return false;
  }
  Outcome outcome = h1::parse_head(input(work), work.progress, work.request);
  switch (outcome.kind) {
    case Outcome::Kind::done:
      if (work.request.framing != http::Framing::none && work.in_begin + outcome.length > limits::head_max) {
        restart_in_front(work); // so that its body has room behind it; then parse again
        return false;
      }
      work.in_begin += static_cast<uint32_t>(outcome.length);
      begin(server, c, work);
      return false;
    case Outcome::Kind::reject: return refuse_request(server, c, work, outcome.status);
    case Outcome::Kind::more: break;
  }
  if (has_output(&work)) return send(c, work, wants);
  if (c.end || (server.draining && c.heard)) { // a new one has a request, or has come in vain
    if (!has_input(&work)) return want(Wants::Kind::close, wants);
    if (c.end) return refuse_request(server, c, work, Status::bad_request);
  }
  return recv_head(work, wants);
}

bool in_body(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (has_output(&work)) return send(c, work, wants); // 100 Continue, and answers before it
  Outcome outcome = h1::drop_body(input(work), work.body, server.body_max);
  switch (outcome.kind) {
    case Outcome::Kind::done:
      work.in_begin += static_cast<uint32_t>(outcome.length);
      (void)answer_request(server, c, work);
      return false;
    case Outcome::Kind::reject: return refuse_request(server, c, work, outcome.status);
    case Outcome::Kind::more: work.in_begin += static_cast<uint32_t>(outcome.length); break;
  }
  if (c.end) return refuse_request(server, c, work, Status::bad_request);
  return recv_body(work, wants);
}

bool waits_for_check(const Server& server, const Connection& c) {
  const auth::Authenticator* authenticator = server.context.access.authenticator;
  return authenticator != nullptr && authenticator->waits(server.timers.slot_of(c));
}

// Until the password is checked, or a file may be hashed. Then the response is decided again.
bool in_pending(Server& server, Connection& c, Workspace& work, Wants& wants) {
  if (has_output(&work)) return send(c, work, wants);
  if (!waits_for_check(server, c) && answer_request(server, c, work)) return false;
  return want(waits_for_check(server, c) ? Wants::Kind::wait : Wants::Kind::pause, wants);
}

bool in_sending(Server& server, Connection& c, Workspace* work, Wants& wants) {
  // Nothing is added to what has been sent in part: asked again, we want the same.
  if (c.lists() && work->out_begin == 0) {
    using Filled = serve::Listings::Filled;
    Filled filled = fill(server, c, *work);
    if (filled == Filled::pause) return want(Wants::Kind::pause, wants);
    if (filled == Filled::failed) return want(Wants::Kind::close, wants);
  }
  if (c.multipart && c.body_left == 0) {
    if (auto part = next_part(*work)) {
      c.body_offset = part->first;
      c.body_left = part->length;
    } else {
      c.multipart = false;
      c.source.close();
    }
  }
  if (has_output(work)) return send(c, *work, wants);
  if (std::string_view body = body_in_memory(c); !body.empty()) {
    wants.send(body, {}, c.multipart || (c.close && !c.linger));
    return true;
  }
  if (c.body_left > 0) {
    size_t count = c.body_left < limits::sendfile_max ? static_cast<size_t>(c.body_left) : limits::sendfile_max;
    wants.send_file(c.source.file(), c.body_offset, count);
    return true;
  }
  if (!c.close) {
    c.state = State::head;
    return false;
  }
  if (!c.linger || c.end) return want(Wants::Kind::close, wants);
  c.state = State::lingering;
  return false;
}

bool in_lingering(Connection& c, Workspace& work, Wants& wants) {
  if (!c.shut) return want(Wants::Kind::shutdown, wants);
  if (c.end || work.lingered > limits::linger_bytes_max) return want(Wants::Kind::close, wants);
  work.in_begin = work.in_end = 0;
  wants.recv(work.in);
  return true;
}

Wants advance(Server& server, Connection& c) {
  Wants wants;
  for (bool wanted = false; !wanted;) {
    cost::add(cost::Kind::states);
    if (c.state == State::sending) {
      wanted = in_sending(server, c, workspace(server, c), wants);
      continue;
    }
    Workspace* work = take_workspace(server, c);
    if (work == nullptr) return wants.be(Wants::Kind::workspace);
    switch (c.state) {
      case State::head: wanted = in_head(server, c, *work, wants); break;
      case State::body: wanted = in_body(server, c, *work, wants); break;
      case State::http2: wanted = in_http2(server, c, *work, wants); break;
      case State::pending: wanted = in_pending(server, c, *work, wants); break;
      default: wanted = in_lingering(c, *work, wants); break;
    }
  }
  return wants;
}

// What a deadline means: 408 where a request has begun (RFC 9110 section 15.5.9), 503 where its
// password was not checked in time, else the end without a word.
Wants timed_out(Server& server, Connection& c) {
  Workspace* work = workspace(server, c);
  bool waiting_for_request = c.timer == Timer::head || c.timer == Timer::body;
  bool waiting_for_check = c.timer == Timer::check;
  Timer timer = c.timer;
  server.timers.clear(c);
  if (c.state == State::http2) {
    work = take_workspace(server, c);
    if (work == nullptr) return Wants().be(Wants::Kind::close);
    http2_timed_out(server, c, *work, timer);
    return advance(server, c);
  }
  if (waiting_for_check) {
    server.context.access.authenticator->leave(server.timers.slot_of(c));
    (void)refuse_request(server, c, *work, Status::service_unavailable);
    return advance(server, c);
  }
  bool nothing_begun = c.state == State::head && !has_input(work); // but an empty line
  if (!waiting_for_request || nothing_begun || has_output(work)) return Wants().be(Wants::Kind::close);
  (void)refuse_request(server, c, *work, Status::request_timeout);
  return advance(server, c);
}

bool needs_workspace(const Connection& c, const Workspace* work) {
  return has_input(work) || has_output(work) || c.state == State::body || c.state == State::lingering ||
         c.state == State::pending || c.multipart || c.lists() ||
         ((c.state == State::head || c.state == State::http2) && c.timer == Timer::head);
}

Timer timer_of(const Server& server, const Connection& c, const Workspace* work) {
  if (has_output(work)) return Timer::send;
  if (c.state == State::sending) return needs_workspace(c, work) ? Timer::send : Timer::file;
  switch (c.state) {
    case State::body: return Timer::body;
    case State::lingering: return Timer::linger;
    case State::pending: return Timer::check;
    case State::http2: return http2_timer(server, c, has_input(work));
    default: break;
  }
  // An empty line in front that came in pieces is gone when it is whole, and its deadline must stay:
  // who sends such lines for ever asks for nothing.
  if (has_input(work) || (c.timer == Timer::head && !c.restart_timer)) return Timer::head;
  return c.requests == 0 ? Timer::first : Timer::idle;
}

} // namespace

void open(Connection& c, sys::Fd socket, const IpAddress& peer) {
  uint32_t generation = c.generation + 1;
  new (&c) Connection;
  c.generation = generation;
  c.socket = static_cast<sys::Fd&&>(socket);
  c.peer = peer;
}

Wants step(Server& server, Connection& c, Event event) {
  switch (event.kind) {
    case Event::Kind::ready: break;
    case Event::Kind::received: {
      Workspace* work = workspace(server, c);
      CHECK(work != nullptr && event.bytes <= sizeof work->in - work->in_end);
      work->in_end += static_cast<uint32_t>(event.bytes);
      work->received += event.bytes;
      c.heard |= event.bytes > 0;
      if (server.context.cache != nullptr) server.context.cache->note_received();
      if (c.state == State::lingering) work->lingered += event.bytes;
      if (event.bytes == 0) c.end = true;
      break;
    }
    case Event::Kind::sent:
      // A file that is shorter than its head said: only the end of the connection can tell.
      if (event.bytes == 0) {
        c.source.forget();
        return Wants().be(Wants::Kind::close);
      }
      note_sent(server, c, event.bytes);
      if (c.state == State::http2) note_http2_sent(server, c, event.bytes);
      break;
    case Event::Kind::shut: c.shut = true; break;
    case Event::Kind::timeout: return timed_out(server, c);
    case Event::Kind::failed:
      // Of the file: who opens it anew may have better luck, who is given this descriptor has none.
      if (event.error == Errno::EIO_ || event.error == Errno::ESTALE_) c.source.forget();
      return Wants().be(Wants::Kind::close);
  }
  return advance(server, c);
}

void arm_timer(Server& server, Connection& c) {
  Workspace* work = workspace(server, c);
  Timer timer = timer_of(server, c, work);
  if (c.restart_timer || timer != first_stage(c.timer)) {
    server.timers.set(c, timer, server.context.clock.now_ms());
    c.written = 0;
  }
  c.restart_timer = false;
}

void release_idle(Server& server, Connection& c) {
  if (!needs_workspace(c, workspace(server, c))) release_workspace(server, c);
}

void close(Server& server, Connection& c) {
  close_http2(server, c);
  log_end(server, c);
  if (auto* authenticator = server.context.access.authenticator) authenticator->leave(server.timers.slot_of(c));
  server.timers.clear(c);
  release_workspace(server, c);
  end_listing(server, c);
  c.source.close();
  c.socket.close();
}

} // namespace minhttp::conn
