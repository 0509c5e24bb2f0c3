// SPDX-License-Identifier: MIT
#pragma once
// One connection of a client: it follows its plan, and keeps what comes back.

#include <cstdint>
#include <string>
#include <vector>

namespace minhttp::socketfuzz {

// What a client does, one after the other.
struct Step {
  enum class Kind : uint8_t { send, wait, end, reset } kind;
  std::string bytes = {}; // send
  unsigned turns = 0;     // wait: of the caller's loop
};

struct Plan {
  std::vector<Step> steps;
  bool reads = true;      // or nothing before the plan is done, while the server's buffer fills
  int64_t quiet_ms = 0;   // who has said all and hears nothing goes: the server waits for more, or for its deadline
  int receive_buffer = 0; // bytes; 0: the system's
};

class Client {
 public:
  Client(Plan plan, uint16_t port);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  int socket() const { return socket_; }
  short wants() const; // for poll(2)
  void turn(short events, int64_t now_ms);

  bool is_done() const { return done_; }
  // The server has ended in order, or we have read for long enough.
  bool was_reset() const { return reset_; }    // by the server, or by us
  bool was_ended() const { return peer_end_; } // by the server, with its last byte
  bool gave_up() const { return gave_up_; }
  const std::string& sent() const { return sent_; }
  const std::string& received() const { return received_; }

 private:
  void receive(int64_t now_ms);
  void act(short events);

  Plan plan_;
  int socket_ = -1;
  size_t step_ = 0;
  size_t offset_ = 0; // of the step's bytes
  unsigned waited_ = 0;
  std::string sent_;
  std::string received_;
  int64_t quiet_since_ms_ = 0;
  bool connected_ = false;
  bool done_ = false;
  bool reset_ = false;
  bool peer_end_ = false;
  bool gave_up_ = false;
};

} // namespace minhttp::socketfuzz
