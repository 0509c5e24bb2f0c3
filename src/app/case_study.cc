// SPDX-License-Identifier: MIT
// The case study alone: port 8080, one client at a time, one fixed response. The loop is loop/plain.cc, the same as for
// `minhttp --loop plain`; this file is the state machine.

#include "base/bytes.h"
#include "loop/listen.h"
#include "loop/plain.h"
#include "rt/start.h"
#include "site/greeting.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/time.h"

namespace minhttp::loop {

using conn::Event;
using conn::Wants;

constexpr int head_ms_max = 5000; // for the whole head, however slowly it arrives
constexpr int rest_ms_max = 1000; // to send the response, and to drain what the client still sends

struct Handler {
  std::span<char> buffer; // for received bytes
  int client;
  enum class Stage : uint8_t { reading, writing, draining } stage;
  uint32_t newlines; // in a row, ignoring carriage returns: two make the blank line
  size_t bytes_read;
  size_t sent;
  int64_t now_ms;
  int64_t deadline_ms;
};

namespace {

void say(int fd, std::string_view text) { (void)sys::write(fd, text.data(), text.size()); }

void log(size_t bytes_read) {
  char line[64];
  Writer out(line);
  out.text("Connection received, bytes read: ").decimal(bytes_read).byte('\n');
  say(1, out.view());
}

int64_t clock_ms() { return sys::clock_ns(sys::abi::clock_monotonic) / 1'000'000; }

// Counts received bytes, and looks for the blank line that ends a head.
void note_read(Handler& handler, size_t count) {
  handler.bytes_read += count;
  for (size_t i = 0; i < count && handler.newlines < 2; i++) {
    char c = handler.buffer[i];
    if (c != '\r') handler.newlines = c == '\n' ? handler.newlines + 1 : 0;
  }
}

} // namespace

bool wait_for_client(Handler&, int) { return true; }

void start(Handler& handler, int client, const sys::abi::SocketAddress&) {
  handler.client = client;
  handler.stage = Handler::Stage::reading;
  handler.newlines = 0;
  handler.bytes_read = 0;
  handler.sent = 0;
  handler.deadline_ms = clock_ms() + head_ms_max;
}

Wants next(Handler& handler, Event event) {
  constexpr std::string_view answer = site::greeting();
  Wants wants;
  handler.now_ms = clock_ms();
  // False: the client has closed, or failed, or its time is up.
  bool going_on = handler.now_ms < handler.deadline_ms &&
                  (event.kind == Event::Kind::ready || event.kind == Event::Kind::shut || event.bytes > 0);
  if (handler.stage == Handler::Stage::reading) {
    note_read(handler, event.bytes);
    if (going_on && handler.newlines < 2) {
      wants.recv(handler.buffer);
      return wants;
    }
    log(handler.bytes_read); // and respond, whatever was read: if the client is gone, our send fails
    handler.stage = Handler::Stage::writing;
    handler.deadline_ms = handler.now_ms + rest_ms_max;
  } else if (!going_on) {
    wants.be(Wants::Kind::close);
    return wants;
  } else if (handler.stage == Handler::Stage::writing) {
    handler.sent += event.bytes;
  } else { // draining
    // If we closed with unread bytes in the receive buffer, the kernel would send a reset, which can overtake the
    // response. So they are read until the deadline.
    wants.recv(handler.buffer);
    return wants;
  }
  if (handler.sent < answer.size()) {
    wants.send(drop(answer, handler.sent), {}, false);
  } else {
    handler.stage = Handler::Stage::draining;
    wants.be(Wants::Kind::shutdown);
  }
  return wants;
}

uint32_t patience_ms(Handler& handler) { return static_cast<uint32_t>(handler.deadline_ms - handler.now_ms); }

void finish(Handler& handler) { sys::Fd(handler.client).close(); }

} // namespace minhttp::loop

// No message for a bug here: the messages would be half the program.
void minhttp::panic(const char*, int) { __builtin_trap(); }

int minhttp_main(const minhttp::rt::Start&) {
  using namespace minhttp;
  const char* failed = nullptr;
  auto listener = loop::open_listener(loop::any_v4(8080), 0, failed);
  if (!listener.ok()) {
    using loop::say;
    using namespace std::string_view_literals;
    say(2, "minhttp: cannot listen on port 8080: "sv);
    say(2, listener.is(Errno::EADDRINUSE_) ? "in use: stop the other server\n"sv
           : listener.is(Errno::EACCES_)   ? "not permitted: allow this user the port\n"sv
                                           : "no network: strace tells more\n"sv);
    return 1;
  }
  loop::say(1, "minhttp listening on port 8080...\n"sv);
  char buffer[4095]; // outside of talk, so that talk's members live in registers
  loop::Handler handler;
  handler.buffer = buffer;
  loop::plain(listener.value(), handler);
  return 0;
}
