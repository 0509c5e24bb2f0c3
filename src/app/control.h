// SPDX-License-Identifier: MIT
#pragma once
// What a supervisor and the launcher (launcher.h) tell each other, and how an old server sends its listeners to a new
// one.

#include <optional>
#include <span>

#include "app/config.h"
#include "app/listeners.h"

namespace minhttp::app {

// The supervisor's end of a channel to the launcher.
class Control {
 public:
  // end, reload and reopen: what SIGTERM, SIGHUP and SIGUSR1 mean. Signals to a whole group of processes reach the
  // launcher and the server, and two of a kind can merge; so the server does what the launcher says here, and ignores
  // signals. drain: another server has the listeners.
  enum class Order : char { none = '\0', end = 'e', reload = 'r', reopen = 'o', send_listeners = 'h', drain = 'g' };

  // fd: -1 where there is no launcher, and nothing is ever ordered.
  explicit Control(int fd) : fd_(fd) {}

  int number() const { return fd_.number(); }
  bool is_open() const { return fd_.open(); }
  void close() { fd_.close(); }

  // The next order. to: of send_listeners, where the listeners are wanted. The launcher's death is the order to end.
  Order read(sys::Fd& to);
  void say_ready() const;

 private:
  sys::Fd fd_;
};

// The launcher's side.
void send_order(int control, Control::Order order);
void order_send_listeners(int control, int to);
bool read_ready(int control); // the supervisor has said that it is ready

// Sends all listeners over a channel. What does not fit into it within limits::next_listener_ms is not sent, and the
// new server will not start.
void send_listeners(int to, const Config& config, std::span<const Listeners> workers);

// The new server's side: receives the listeners, for the addresses of the config, which gets further ones that systemd
// had opened. workers: how many there are to be, and then at least as many as the old server had: clients wait in the
// backlogs of all its listeners. Nothing: continue. Else the exit status, after a message.
std::optional<int> receive_listeners(Config& config, std::span<Listeners> listeners, uint32_t& workers);

} // namespace minhttp::app
