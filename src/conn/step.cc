// SPDX-License-Identifier: MIT
// A tour: step() records what happened, then advance() goes through the states until the connection wants something
// from the kernel. The states are in http1.cc and http2.cc; both end with lingering, here.

#include "conn/step.h"

#include <new>

#include "base/bytes.h"
#include "conn/access_log.h"
#include "conn/http1.h"
#include "conn/http2.h"
#include "conn/listing_body.h"
#include "conn/metering.h"
#include "conn/uptake.h"
#include "conn/workspace.h"

namespace minhttp::conn {
namespace {

// A workspace without the contents of its last owner; null where none is left. Nearly every request takes one.
[[gnu::always_inline]] inline Workspace* take_workspace(Server& server, Connection& c) {
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
    (void)refuse_request(server, c, *work, http::Refusal::out_of_resources);
    return advance(server, c);
  }
  bool nothing_begun = c.state == State::head && !has_input(work); // but an empty line
  bool proxied = c.kind == ListenerKind::proxied;                  // its proxy has not said who is there
  if (!waiting_for_request || nothing_begun || proxied || has_output(work)) return Wants().be(Wants::Kind::close);
  (void)refuse_request(server, c, *work, http::Refusal::request_timeout);
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
  // An empty line in front that came in pieces is gone when it is whole. Its deadline stays, so that a client which
  // sends nothing but empty lines runs out of time.
  if (has_input(work) || (c.timer == Timer::head && !c.restart_timer)) return Timer::head;
  return c.requests == 0 ? Timer::first : Timer::idle;
}

} // namespace

void open(Connection& c, sys::Fd socket, const IpAddress& peer, ListenerKind kind) {
  uint32_t generation = c.generation + 1;
  new (&c) Connection;
  c.generation = generation;
  c.socket = static_cast<sys::Fd&&>(socket);
  c.peer = peer;
  c.kind = kind;
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
      if (event.bytes > 0) meter_received(server, c, event.bytes);
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
      meter_sent(server, c, event.bytes);
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
  meter_end(server, c);
  if (auto* authenticator = server.context.access.authenticator) authenticator->leave(server.timers.slot_of(c));
  server.timers.clear(c);
  if (c.counted) server.client_limits->give_back(c.client_place);
  release_workspace(server, c);
  end_listing(server, c);
  c.source.close();
  c.socket.close();
}

} // namespace minhttp::conn
