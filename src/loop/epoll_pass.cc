// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: a retiring worker passes on the connections that wait for a request, with the bytes of
// it that were read. Closing them would lose requests: a client may be sending one at that moment.

#include "base/bytes.h"
#include "conn/admission.h"
#include "loop/epoll.h"
#include "rt/output.h"
#include "sys/net.h"

namespace minhttp::loop {

using conn::Connection;
using conn::Event;
using conn::ReachedLimit;
using conn::Timer;

namespace {

// The first part of what goes through a Channel. The bytes that were read follow.
struct ChannelMessage {
  IpAddress peer;
  uint32_t requests;
  conn::ListenerKind kind;
  bool unnamed;
  bool log_file; // the descriptor is no connection, but a file to write the log to
};

std::string_view bytes_of(const ChannelMessage& message) {
  return {reinterpret_cast<const char*>(&message), sizeof message};
}

} // namespace

Result<> send_log_file(const Channel& channel, int file) {
  ChannelMessage message = {.peer = {}, .requests = 0, .kind = {}, .unnamed = false, .log_file = true};
  TRY(sys::send_descriptor(channel.write, file, bytes_of(message), {}));
  return {};
}

EpollLoop::Next EpollLoop::pass_on(Connection& c) {
  std::string_view input;
  if (c.workspace != Pool::none) {
    const conn::Workspace& work = server_.workspaces[c.workspace];
    input = {work.in + work.in_begin, work.in_end - work.in_begin};
  }
  ChannelMessage message = {
      .peer = c.peer, .requests = c.requests, .kind = c.kind, .unnamed = c.unnamed, .log_file = false};
  auto sent = sys::send_descriptor(channel_.write, c.socket.number(), bytes_of(message), input);
  if (!sent.ok()) { // the channel is full, or too many descriptors are in flight (unix(7), ETOOMANYREFS)
    pass_again_ms_ = server_.context.clock.now_ms() + limits::pass_again_ms;
    return Next::wait;
  }
  // The successor keeps the socket open, so close() alone would leave it registered with our epoll.
  if (c.watched != 0) (void)sys::epoll_remove(epoll_.number(), c.socket.number());
  c.passed_on = true;
  return Next::close;
}

// Connections under these timers have no output left. One in the run queue is passed on when it has its turn.
void EpollLoop::pass_on_waiting() {
  pass_again_ms_ = INT64_MAX;
  for (Timer timer : {Timer::first, Timer::idle, Timer::head}) {
    uint32_t slot = server_.timers.oldest(timer);
    while (slot != Pool::none) {
      Connection& connection = server_.connections[slot];
      slot = connection.timer_links.next;
      if (connection.queued || connection.state == conn::State::http2 || (has_tls && connection.secure)) continue;
      if (pass_on(connection) == Next::wait) return;
      close(connection);
    }
  }
}

void EpollLoop::receive_passed() {
  bool empty = false;
  for (int i = 0; i < limits::events_a_turn && !empty; i++) {
    Event event = {.kind = Event::Kind::ready};
    if (Connection* connection = receive_one_passed(event, empty)) drive(*connection, event);
  }
}

// Null: the channel is empty, or there is no slot or workspace for the connection. Separate from receive_passed(), so
// that its buffer is off the stack while the request is served.
Connection* EpollLoop::receive_one_passed(Event& event, bool& empty) {
  ChannelMessage message;
  char input[limits::head_max + limits::body_window];
  sys::Fd socket;
  auto bytes =
      sys::receive_descriptor(channel_.read, socket, {reinterpret_cast<char*>(&message), sizeof message}, input);
  empty = !bytes.ok() || bytes.value() < sizeof message;
  if (empty || !socket.open()) return nullptr;
  if (message.log_file) {
    rt::replace_output(static_cast<sys::Fd&&>(socket));
    return nullptr;
  }
  uint32_t slot = take_slot(message.peer, message.kind);
  if (slot == Pool::none) {
    send_overload(socket.number(), ReachedLimit::connections);
    return nullptr;
  }
  Connection& c = server_.connections[slot];
  conn::open(c, static_cast<sys::Fd&&>(socket), message.peer, message.kind);
  c.requests = message.requests;
  c.heard = message.requests > 0;
  c.unnamed = message.unnamed;
  if (conn::knows_client(c.kind)) conn::count_connection(server_, c);
  std::string_view begun(input, bytes.value() - sizeof message);
  if (begun.empty()) {
    c.readable = false; // epoll reports it at once if there are bytes to read
    return &c;
  }
  if (restore_input(server_, c, begun, event)) return &c;
  send_overload(c.socket.number(), ReachedLimit::workspaces);
  close(c);
  return nullptr;
}

} // namespace minhttp::loop
