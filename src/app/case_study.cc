// The case study alone: port 8080, one client at a time, one answer for everybody. The loop
// is loop/plain.cc, the same that `minhttp --loop plain` has; here stands what it says.

#include "base/bytes.h"
#include "loop/listen.h"
#include "loop/plain.h"
#include "rt/start.h"
#include "site/greeting.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/time.h"

namespace minhttp::loop {

using serve::Event;
using serve::Want;

constexpr uint32_t client_ms_max = 5000; // for the head, and once more for the rest

struct Talk {
  enum class Stage : uint8_t { reading, writing, ending, draining } stage;
  uint32_t newlines;   // in a row, but for carriage returns: two make the blank line
  uint64_t bytes_read;
  size_t sent;
  int64_t deadline_ns;
  int client;
  std::span<char> buffer; // of a read
};

namespace {

void say(int fd, std::string_view text) { (void)sys::write(fd, text.data(), text.size()); }

void log(uint64_t bytes_read) {
  char line[64];
  Writer out(line);
  out.text("Connection received, bytes read: ").decimal(bytes_read).byte('\n');
  say(1, out.view());
}

void set_deadline(Talk& talk) { talk.deadline_ns = sys::clock_ns(sys::abi::clock_monotonic) + client_ms_max * 1'000'000LL; }

// Notes the bytes of a read. true: the head is complete, or nothing more will come.
bool note_read(Talk& talk, Event event) {
  if (event.kind != Event::Kind::received) return event.kind != Event::Kind::ready;
  talk.bytes_read += event.bytes;
  for (size_t i = 0; i < event.bytes && talk.newlines < 2; i++) {
    char c = talk.buffer[i];
    if (c != '\r') talk.newlines = c == '\n' ? talk.newlines + 1 : 0;
  }
  return event.bytes == 0 || talk.newlines == 2;
}

} // namespace

bool wait_for_client(Talk&, int) { return true; }

void start(Talk& talk, int client, const sys::abi::SocketAddress&) {
  talk.client = client;
  talk.stage = Talk::Stage::reading;
  talk.newlines = 0;
  talk.bytes_read = 0;
  talk.sent = 0;
  set_deadline(talk);
}

Want next(Talk& talk, Event event) {
  constexpr std::string_view answer = site::greeting;
  Want close(Want::Kind::close);
  Want read = Want::recv(talk.buffer);
  bool failed = event.kind == Event::Kind::failed;
  switch (talk.stage) {
    case Talk::Stage::reading:
      if (!note_read(talk, event)) return read;
      log(talk.bytes_read);
      if (failed) return close;
      talk.stage = Talk::Stage::writing;
      set_deadline(talk);
      break;
    case Talk::Stage::writing:
      if (failed || event.kind == Event::Kind::timeout) return close;
      if (event.kind == Event::Kind::sent) talk.sent += event.bytes;
      break;
    case Talk::Stage::ending: talk.stage = Talk::Stage::draining; return read;
    case Talk::Stage::draining:
      // Bytes that nobody has read would turn our close into a reset, which can overtake
      // the answer. So they are read, as long as there is time.
      return event.kind == Event::Kind::received && event.bytes > 0 ? read : close;
  }
  if (talk.sent < answer.size()) return Want::send(drop(answer, talk.sent), false);
  talk.stage = Talk::Stage::ending;
  return Want(Want::Kind::shutdown);
}

uint32_t patience_ms(Talk& talk) {
  int64_t left = talk.deadline_ns - sys::clock_ns(sys::abi::clock_monotonic);
  return left < 1'000'000 ? 1 : static_cast<uint32_t>(left) / 1'000'000;
}

void finish(Talk& talk) { sys::Fd(talk.client).close(); }

} // namespace minhttp::loop

// No words for a bug here: the words would be half the program.
void minhttp::panic(const char*, int) { __builtin_trap(); }

int minhttp_main(const minhttp::rt::Start&) {
  using namespace minhttp;
  const char* failed = nullptr;
  auto listener = loop::open_listener(loop::any_v4(8080), 0, failed);
  if (!listener.ok()) {
    using loop::say;
    say(2, "minhttp: cannot listen on port 8080: ");
    say(2, listener.is(Errno::EADDRINUSE_)   ? std::string_view("in use: stop the other server\n")
           : listener.is(Errno::EACCES_) ? std::string_view("not permitted: allow this user the port\n")
                                         : std::string_view("no network: strace tells more\n"));
    return 1;
  }
  loop::say(1, "minhttp listening on port 8080...\n");
  char buffer[4095]; // beside talk, not in it: talk's members then live in registers
  loop::Talk talk;
  talk.buffer = buffer;
  loop::plain(listener.value(), talk);
  return 0;
}
