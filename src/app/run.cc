// A tour: descriptors, signals, everything that the options ask for (setup.cc), and listeners
// are prepared in that order, each with its own message; then a loop takes over. After that
// nothing is allocated any more.

#include "app/run.h"

#include "app/listeners.h"
#include "app/message.h"
#include "app/setup.h"
#include "loop/epoll.h"
#include "loop/plain.h"
#include "loop/plain_talk.h"
#include "loop/signals.h"
#include "sys/event.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int fail(Text what, Errno error, Text advice = {}) {
  Message message(2);
  message << "minhttp: " << what << ": " << words(error);
  if (!advice.empty()) message << "; " << advice;
  return 1;
}

// SIGTERM, SIGINT and SIGHUP become readable; writing to a client that is gone is an error only.
Result<int> prepare_signals(const Config& config) {
  uint64_t wanted = sys::signal_bit(sys::abi::sigterm) | sys::signal_bit(sys::abi::sigint);
  if (config.has_site()) wanted |= sys::signal_bit(sys::abi::sighup); // the greeting has nothing to read anew
  TRY(sys::ignore_signal(sys::abi::sigpipe));
  TRY(sys::block_signals(wanted));
  return sys::signalfd(wanted);
}

// Descriptors 0, 1 and 2 are ours alone to use: where one is missing, the next file that is
// opened would take its place, and the log would go into a socket.
Result<> fill_standard_descriptors() {
  while (true) {
    int fd = TRY(sys::epoll_create());
    if (fd > 2) {
      sys::Fd(fd).close();
      return {};
    }
  }
}

// Rules and passwords anew; what is wrong with them has been said, and the old ones stay.
void reload(Setup& setup) {
  Loader& loader = setup.loader();
  if (loader.load(setup.server())) {
    Message(2) << "minhttp: read anew: " << uint64_t{loader.redirects()} << " redirects, "
               << uint64_t{loader.header_blocks()} << " blocks of fields";
  } else {
    Message(2) << "minhttp: nothing has changed: what was read before stays in force";
  }
}

void serve_plain(Setup& setup, int listener, int signals) {
  loop::Talk talk = {.server = setup.server(), .signals = signals};
  while (true) {
    loop::plain(listener, talk);
    if (loop::read_signal(signals) != loop::Signal::reload) return;
    reload(setup);
  }
}

} // namespace

int run(Config& config, const rt::Start& start) {
  auto filled = fill_standard_descriptors();
  if (!filled.ok()) return fail("cannot start", filled.error());
  auto signals = prepare_signals(config);
  if (!signals.ok()) return fail("cannot receive signals", signals.error());
  Setup setup;
  if (auto status = setup.prepare(config, start, 2)) return *status;
  Listeners listeners;
  if (auto status = listen_all(config, listeners)) return *status;
  if (is_plain(config)) {
    announce(config, listeners);
    serve_plain(setup, listeners[0].number(), signals.value());
  } else {
    loop::EpollLoop loop(setup.server(), {listeners.data(), config.listen.count}, signals.value(),
                         setup.free_connections(), static_cast<uint32_t>(config.drain_ms));
    auto prepared = loop.prepare();
    if (!prepared.ok()) return fail("cannot wait for connections", prepared.error());
    announce(config, listeners);
    while (loop.run() == loop::Ended::reload) reload(setup);
  }
  setup.log().flush();
  return 0;
}

} // namespace minhttp::app
