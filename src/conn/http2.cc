// SPDX-License-Identifier: MIT
// A tour: in_http2() reads all frames that are there, has the streams answered and fills the output. Each response's
// way is in http2_streams.cc.

#include "conn/http2.h"

#include <new>

#include "base/bytes.h"
#include "conn/admission.h"
#include "conn/http2_streams.h"
#include "conn/metering.h"
#include "conn/server.h"
#include "conn/workspace.h"
#include "h2/control_frames.h"

namespace minhttp::conn {
namespace {

using Kind = h2::Input::Kind;

// The connection ends when its output is sent; what the peer still sends is dropped, so that GOAWAY arrives.
void end_connection(Http2Connection& c) {
  close_http2(c.server, c.connection);
  c.work.in_begin = c.work.in_end = 0;
  c.connection.close = true;
  c.connection.linger = !c.connection.end;
  c.connection.state = State::sending;
}

// Reads frames until the input is used up or the output is full. False: the connection must end.
bool read_frames(Http2Connection& c) {
  Workspace& work = c.work;
  while (true) {
    std::span<char> input = {work.in + work.in_begin, work.in_end - work.in_begin};
    if (c.output_left().size() < limits::h2_control_room) return true;
    if (c.session.may_complete_request(input) && !c.has_room()) return true;
    Writer out(c.output_left().first(limits::h2_control_room));
    http::Status status = http::Status::ok;
    http::Refusal refusal = http::Refusal::none;
    h2::Input frame = c.session.read(input, c.http2.shared, out, work.request, status);
    work.out_end += static_cast<uint32_t>(out.size());
    work.in_begin += frame.used;
    switch (frame.kind) {
      case Kind::more: return true;
      case Kind::broken: return false;
      case Kind::reset: close_stream(c.server, c.connection, frame.stream); break;
      case Kind::frame:
        if (frame.stream != Pool::none && c.http2.shared.streams[frame.stream].complete())
          close_stream(c.server, c.connection, frame.stream);
        break;
      case Kind::request:
        c.connection.requests++;
        new (&c.http2.bodies[frame.stream]) StreamBody;
        c.http2.bodies[frame.stream].begun_ms = metering_ms(c.server);
        refusal = http::refusal_of(status);
        if (c.server.client_limits != nullptr && asks_too_often(c.server, c.connection, work.request)) {
          refusal = http::Refusal::client_rate;
        }
        answer_stream(c, frame.stream, work.request, refusal);
        break;
    }
    c.connection.restart_timer = true;
  }
}

void drain(Http2Connection& c) {
  bool last = c.http2.drains || (c.server.requests_max > 0 && c.connection.requests >= c.server.requests_max);
  if (last && !c.session.draining() && c.output_left().size() >= limits::h2_control_room) {
    Writer out(c.output_left());
    c.session.drain(out);
    c.work.out_end += static_cast<uint32_t>(out.size());
  }
}

bool recv_frames(Workspace& work, Wants& wants) {
  move_input(work, 0);
  wants.recv({work.in + work.in_end, sizeof work.in - work.in_end});
  return wants.receives();
}

} // namespace

bool begins_http2(std::string_view input) {
  std::string_view preface = h2::client_preface();
  size_t size = input.size() < preface.size() ? input.size() : preface.size();
  return size > 0 && equal(take(input, size), take(preface, size));
}

void refuse_http2(Connection& connection, Workspace& work, h2::Error why) {
  Writer out({work.out + work.out_end, limits::output_bytes - work.out_end});
  h2::write_frame(out, {.type = h2::FrameType::settings}, {});
  h2::write_goaway(out, 0, why);
  work.out_end += static_cast<uint32_t>(out.size());
  connection.close = connection.linger = true;
  connection.state = State::sending;
}

void begin_http2(Server& server, Connection& connection, Workspace& work) {
  Http2& http2 = *server.http2;
  work.in_begin += static_cast<uint32_t>(h2::client_preface().size());
  Writer out({work.out + work.out_end, limits::output_bytes - work.out_end});
  uint32_t place = http2.free_sessions.take();
  if (place == Pool::none) return refuse_http2(connection, work, h2::Error::no_error); // it may try elsewhere
  size_t table = h2::DynamicTable::memory_for(http2.table_size);
  auto* session = new (&http2.sessions[place])
      h2::Session(server.timers.slot_of(connection), http2.tables.subspan(place * table, table), http2.table_size);
  session->start(http2.shared, out);
  connection.session = place;
  connection.state = State::http2;
  work.out_end += static_cast<uint32_t>(out.size());
}

bool in_http2(Server& server, Connection& connection, Workspace& work, Wants& wants) {
  Http2& http2 = *server.http2;
  Http2Connection c = {server, connection, work, http2, http2.sessions[connection.session]};
  int64_t now_ms = server.context.clock.now_ms();
  http2.shared.now_ms = now_ms;
  c.session.note_time(now_ms);
  int64_t overdue_ms = now_ms - server.timers.duration_ms(Timer::streams);
  bool lives = read_frames(c) && reset_overdue(c, overdue_ms);
  if (lives && work.out_begin == work.out_end && c.session.is_starved(overdue_ms)) {
    Writer out(c.output_left());
    (void)c.session.broken(h2::Error::enhance_your_calm, out);
    work.out_end += static_cast<uint32_t>(out.size());
    lives = false;
  }
  if (!lives) {
    end_connection(c);
    return false;
  }
  bool again = answer_undecided(c);
  drain(c);
  if (work.out_begin == 0) again |= fill_output(c);
  bool sends = work.out_begin < work.out_end;
  // Where the peer has ended its side, nothing opens a window or completes a request any more.
  bool stuck = connection.end && !sends && !again && !c.session.has_undecided();
  if (c.session.over() || stuck) {
    end_connection(c);
    return false;
  }
  if (sends) wants.send({work.out + work.out_begin, work.out_end - work.out_begin}, {}, false);
  bool receives = !connection.end && recv_frames(work, wants);
  wants.again = again;
  if (!sends && !receives) wants.be(again ? Wants::Kind::pause : Wants::Kind::wait);
  return true;
}

void note_http2_sent(Server& server, const Connection& connection, size_t bytes) {
  server.http2->sessions[connection.session].note_progress(server.context.clock.now_ms(), bytes);
}

void http2_timed_out(Server& server, Connection& connection, Workspace& work, Timer timer) {
  if (timer == Timer::streams) return; // in_http2() finds them
  Http2& http2 = *server.http2;
  Http2Connection c = {server, connection, work, http2, http2.sessions[connection.session]};
  Writer out(c.output_left());
  (void)c.session.broken(h2::Error::no_error, out);
  work.out_end += static_cast<uint32_t>(out.size());
  end_connection(c);
}

Timer http2_timer(const Server& server, const Connection& connection, bool has_input) {
  const h2::Session& session = server.http2->sessions[connection.session];
  if (has_input || session.inside_frame()) return Timer::head;
  if (!session.open_streams().empty()) return Timer::streams;
  if (session.draining()) return Timer::linger;
  return connection.requests == 0 ? Timer::first : Timer::idle;
}

Connection& note_checked(Server& server, uint32_t ticket, bool denied) {
  if (ticket < server.connections.size()) {
    server.connections[ticket].denied = denied;
    return server.connections[ticket];
  }
  auto slot = ticket - static_cast<uint32_t>(server.connections.size());
  server.http2->bodies[slot].denied = denied;
  return server.connections[server.http2->shared.streams[slot].connection];
}

void close_http2(Server& server, Connection& connection) {
  if (connection.session == Pool::none) return;
  Http2& http2 = *server.http2;
  h2::Session& session = http2.sessions[connection.session];
  while (!session.open_streams().empty()) close_stream(server, connection, session.open_streams().back());
  http2.free_sessions.give_back(connection.session);
  connection.session = Pool::none;
}

} // namespace minhttp::conn
