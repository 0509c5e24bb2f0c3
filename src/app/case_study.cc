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
using conn::Want;

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
void note_read(Handler& talk, size_t count) {
  talk.bytes_read += count;
  for (size_t i = 0; i < count && talk.newlines < 2; i++) {
    char c = talk.buffer[i];
    if (c != '\r') talk.newlines = c == '\n' ? talk.newlines + 1 : 0;
  }
}

} // namespace

bool wait_for_client(Handler&, int) { return true; }

void start(Handler& talk, int client, const sys::abi::SocketAddress&) {
  talk.client = client;
  talk.stage = Handler::Stage::reading;
  talk.newlines = 0;
  talk.bytes_read = 0;
  talk.sent = 0;
  talk.deadline_ms = clock_ms() + head_ms_max;
}

Want next(Handler& talk, Event event) {
  constexpr std::string_view answer = site::greeting();
  talk.now_ms = clock_ms();
  // False: the client has closed, or failed, or its time is up.
  bool going_on = talk.now_ms < talk.deadline_ms &&
                  (event.kind == Event::Kind::ready || event.kind == Event::Kind::shut || event.bytes > 0);
  switch (talk.stage) {
    case Handler::Stage::reading:
      note_read(talk, event.bytes);
      if (going_on && talk.newlines < 2) return Want::recv(talk.buffer);
      log(talk.bytes_read); // and respond, whatever was read: if the client is gone, our send fails
      talk.stage = Handler::Stage::writing;
      talk.deadline_ms = talk.now_ms + rest_ms_max;
      break;
    case Handler::Stage::writing:
      if (!going_on) return Want(Want::Kind::close);
      talk.sent += event.bytes;
      break;
    case Handler::Stage::draining:
      // If we closed with unread bytes in the receive buffer, the kernel would send a reset, which can overtake the
      // response. So they are read until the deadline.
      if (!going_on) return Want(Want::Kind::close);
      return Want::recv(talk.buffer);
  }
  if (talk.sent < answer.size()) return Want::send(drop(answer, talk.sent), {}, false);
  talk.stage = Handler::Stage::draining;
  return Want(Want::Kind::shutdown);
}

uint32_t patience_ms(Handler& talk) { return static_cast<uint32_t>(talk.deadline_ms - talk.now_ms); }

void finish(Handler& talk) { sys::Fd(talk.client).close(); }

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
    say(2, "minhttp: cannot listen on port 8080: ");
    say(2, listener.is(Errno::EADDRINUSE_) ? "in use: stop the other server\n"sv
           : listener.is(Errno::EACCES_)   ? "not permitted: allow this user the port\n"sv
                                           : "no network: strace tells more\n"sv);
    return 1;
  }
  loop::say(1, "minhttp listening on port 8080...\n");
  char buffer[4095]; // outside of talk, so that talk's members live in registers
  loop::Handler talk;
  talk.buffer = buffer;
  loop::plain(listener.value(), talk);
  return 0;
}
