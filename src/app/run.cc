// A tour: signals, descriptors, site and listeners are prepared in that order, each with
// its own message; then the one block of memory is mapped and carved, and a loop takes
// over. After that nothing is allocated any more.

#include "app/run.h"

#include "app/message.h"
#include "base/arena.h"
#include "loop/epoll.h"
#include "loop/plain.h"
#include "loop/plain_talk.h"
#include "rt/random.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/net.h"
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

// SIGTERM and SIGINT become readable; writing to a client that is gone is an error only.
Result<int> prepare_signals() {
  constexpr uint64_t ends = sys::signal_bit(sys::abi::sigterm) | sys::signal_bit(sys::abi::sigint);
  TRY(sys::ignore_signal(sys::abi::sigpipe));
  TRY(sys::block_signals(ends));
  return sys::signalfd(ends);
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

// As many descriptors as the system allows, and as many connections as these allow: beside
// its socket each may have a file open while it is answered.
void fit_to_descriptors(Config& config) {
  sys::abi::rlimit64 limit = {};
  if (!sys::get_descriptor_limit(limit).ok()) return;
  uint64_t wanted = config.connections + config.workspaces + limits::descriptors_spare;
  if (limit.rlim_cur < wanted) {
    sys::abi::rlimit64 higher = {.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max,
                                 .rlim_max = limit.rlim_max};
    if (sys::set_descriptor_limit(higher).ok()) limit = higher;
  }
  if (limit.rlim_cur >= wanted) return;
  uint64_t usable = limit.rlim_cur > limits::descriptors_spare + 2 ? limit.rlim_cur - limits::descriptors_spare : 2;
  uint64_t files = config.workspaces < usable / 2 ? config.workspaces : usable / 2;
  uint64_t asked = config.connections;
  if (usable - files < asked) config.connections = usable - files;
  if (config.connections == asked || (asked == limits::connections && config.connections >= 1000)) return;
  Message(2) << "minhttp: " << limit.rlim_cur << " file descriptors allow " << config.connections
             << " connections; for more, raise the limit (ulimit -n)";
}

Result<> open_site(const Config& config, site::Site& site) {
  if (config.directory == nullptr) return {};
  site.kind = site::Site::Kind::directory;
  return site.files.open_root(config.directory);
}

void write_endpoint(Message& message, const sys::abi::SocketAddress& socket) {
  char text[ip_text_max];
  Writer out(text);
  IpAddress ip = loop::ip_of(socket);
  bool v6 = !is_mapped(ip);
  write_ip(out, ip);
  if (v6) message << "[";
  message << out.view();
  if (v6) message << "]";
  message << ":" << loop::port_of(socket);
}

int cannot_listen(const loop::Address& address, Text step, Errno error) {
  Message message(2);
  uint16_t port = loop::port_of(address.socket);
  message << "minhttp: cannot listen on ";
  if (address.both) {
    message << "port " << port;
  } else {
    write_endpoint(message, address.socket);
  }
  message << ": " << step << ": " << words(error);
  if (error == Errno::EADDRINUSE_) message << "; stop the other server, or choose another --port";
  if (error == Errno::EACCES_ && port < 1024) message << "; ports below 1024 need CAP_NET_BIND_SERVICE";
  if (error == Errno::EACCES_) message << "; choose another --port";
  if (error == Errno::EADDRNOTAVAIL_) message << "; --listen takes an address of this machine";
  return 1;
}

// Opens one listener. Where the kernel has no IPv6, "all addresses" are those of IPv4.
Result<int> listen_on(loop::Address& address, int flags, const char*& failed) {
  auto opened = loop::open_listener(address, flags, failed);
  if (!address.both || !(opened.is(Errno::EAFNOSUPPORT_) || opened.is(Errno::EADDRNOTAVAIL_))) return opened;
  address = loop::any_v4(loop::port_of(address.socket));
  return loop::open_listener(address, flags, failed);
}

bool is_any(const sys::abi::SocketAddress& socket) {
  IpAddress ip = loop::ip_of(socket);
  for (size_t i = is_mapped(ip) ? 12 : 0; i < ip.size(); i++) {
    if (ip[i] != 0) return false;
  }
  return true;
}

void announce(const Config& config, int listener) {
  sys::abi::SocketAddress socket = {};
  if (!sys::getsockname(listener, socket).ok()) return;
  Message message(1);
  if (config.directory == nullptr) {
    message << "minhttp listening on port " << loop::port_of(socket) << "...";
    return;
  }
  message << "minhttp serving " << Text(config.directory) << " at http://";
  if (is_any(socket)) {
    message << "localhost:" << loop::port_of(socket);
  } else {
    write_endpoint(message, socket);
  }
  message << "/";
}

struct Memory {
  std::span<serve::Connection> connections;
  std::span<serve::Workspace> workspaces;
  std::span<serve::ListingAnswer> listings;
  std::span<uint32_t> free_connections;
  std::span<uint32_t> free_workspaces;
  std::span<uint32_t> free_listings;
  std::span<char> log;
};

// The one block: zeroed, and only what is used becomes resident.
Result<> map_all(const Config& config, Memory& memory) {
  auto connections = static_cast<size_t>(config.connections);
  auto workspaces = static_cast<size_t>(config.workspaces);
  size_t listings = config.listing ? limits::listings : 0;
  size_t bytes = Arena::cost<serve::Connection>(connections) + Arena::cost<serve::Workspace>(workspaces) +
                 Arena::cost<uint32_t>(connections) + Arena::cost<uint32_t>(workspaces) +
                 Arena::cost<serve::ListingAnswer>(listings) + Arena::cost<uint32_t>(listings) +
                 Arena::cost<char>(limits::log_bytes);
  Arena arena({TRY(sys::map_memory(bytes)), bytes});
  memory = {.connections = arena.take<serve::Connection>(connections),
            .workspaces = arena.take<serve::Workspace>(workspaces),
            .listings = arena.take<serve::ListingAnswer>(listings),
            .free_connections = arena.take<uint32_t>(connections),
            .free_workspaces = arena.take<uint32_t>(workspaces),
            .free_listings = arena.take<uint32_t>(listings),
            .log = arena.take<char>(limits::log_bytes)};
  return {};
}

serve::LogFormat log_format(const Config& config) {
  switch (static_cast<LogChoice>(config.log)) {
    case LogChoice::off: return serve::LogFormat::off;
    case LogChoice::case_study: return serve::LogFormat::case_study;
    case LogChoice::common: return serve::LogFormat::common;
    case LogChoice::by_face: break;
  }
  return config.directory == nullptr ? serve::LogFormat::case_study : serve::LogFormat::common;
}

std::array<uint32_t, serve::timer_count> durations(const Config& config) {
  auto ms = [](uint64_t value) { return static_cast<uint32_t>(value); };
  bool plain = config.loop == static_cast<uint64_t>(Loop::plain);
  uint32_t idle = plain && config.idle_ms > limits::plain_idle_ms ? limits::plain_idle_ms : ms(config.idle_ms);
  // In the order of serve::Timer.
  return {ms(config.head_ms), idle, ms(config.head_ms), ms(config.body_ms), ms(config.send_ms), ms(config.linger_ms)};
}

} // namespace

int run(Config& config, const rt::Start& start) {
  auto filled = fill_standard_descriptors();
  if (!filled.ok()) return fail("cannot start", filled.error());
  auto signals = prepare_signals();
  if (!signals.ok()) return fail("cannot receive signals", signals.error());

  site::Site site;
  auto opened = open_site(config, site);
  if (!opened.ok()) {
    Message(2) << "minhttp: cannot serve '" << Text(config.directory) << "': " << words(opened.error())
               << "; minhttp DIR wants a directory that it may read";
    return 1;
  }

  bool plain = config.loop == static_cast<uint64_t>(Loop::plain);
  if (config.listen.count > 0 && config.port != Config().port) {
    Message(2) << "minhttp: --listen has its own port: --port and --listen exclude each other";
    return 2;
  }
  if (config.listen.count == 0) {
    config.listen.addresses[config.listen.count++] = loop::any_v6(static_cast<uint16_t>(config.port), true);
  }
  if (plain && config.listen.count > 1) {
    Message(2) << "minhttp: --loop plain has one client at a time, and one --listen";
    return 2;
  }
  std::array<sys::Fd, limits::listeners_max> listeners;
  for (uint32_t i = 0; i < config.listen.count; i++) {
    loop::Address& address = config.listen.addresses[i];
    const char* failed = "";
    auto listener = listen_on(address, plain ? 0 : sys::abi::sock_nonblock, failed);
    if (!listener.ok()) return cannot_listen(address, failed, listener.error());
    listeners[i] = sys::Fd(listener.value());
    // Accepted sockets inherit it: no answer waits for the acknowledgement of the one before.
    (void)sys::setsockopt(listeners[i].number(), IPPROTO_TCP, TCP_NODELAY, 1);
  }

  if (plain) config.connections = config.workspaces = 1;
  if (config.workspaces > config.connections) config.workspaces = config.connections;
  fit_to_descriptors(config);
  if (config.workspaces > config.connections) config.workspaces = config.connections;
  Memory memory;
  auto mapped = map_all(config, memory);
  if (!mapped.ok()) return fail("cannot reserve memory", mapped.error(), "lower --connections or --workspaces");

  tell::Log log(memory.log, 1);
  serve::Server server = {.site = site,
                          .log = log,
                          .log_format = log_format(config),
                          .body_max = config.body_max,
                          .requests_max = static_cast<uint32_t>(config.requests_max),
                          .connections = memory.connections,
                          .workspaces = memory.workspaces,
                          .free_workspaces = Pool(memory.free_workspaces),
                          .timers = serve::Timers(memory.connections, durations(config)),
                          .clock = {},
                          .boundaries = http::Boundaries(rt::random_seed(start)),
                          .listings = memory.listings,
                          .free_listings = Pool(memory.free_listings)};
  auto announce_all = [&] {
    for (uint32_t i = 0; i < config.listen.count; i++) announce(config, listeners[i].number());
  };
  if (plain) {
    announce_all();
    loop::Talk talk = {.server = server, .signals = signals.value()};
    loop::plain(listeners[0].number(), talk);
  } else {
    loop::EpollLoop loop(server, {listeners.data(), config.listen.count}, signals.value(), memory.free_connections,
                         static_cast<uint32_t>(config.drain_ms));
    auto prepared = loop.prepare();
    if (!prepared.ok()) return fail("cannot wait for connections", prepared.error());
    announce_all();
    loop.run();
  }
  log.flush();
  return 0;
}

} // namespace minhttp::app
