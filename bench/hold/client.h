// SPDX-License-Identifier: MIT
#pragma once
// A TCP client's few steps, each with a bound on its wait. What fails throws.

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace hold {

using Clock = std::chrono::steady_clock;
constexpr int patience_s = 20; // of any one connect, send or receive

struct Server {
  in_addr_t ip; // network order
  in_port_t port;
};
Server server_of(const char* ip, const char* port);

// The whole of a decimal number; throws otherwise.
uint64_t number_of(const char* text);

// Closes by itself. With `resets`, by a reset: a million connections that end otherwise leave
// as many in TIME_WAIT.
class Socket {
 public:
  explicit Socket(bool resets);
  Socket(Socket&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Socket& operator=(Socket&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Socket();

  int number() const { return number_; }
  // From a certain address of 127.0.0.0/8 (host order); the port is chosen by connect, so that
  // each address has all ports again (ip(7), IP_BIND_ADDRESS_NO_PORT).
  void come_from(uint32_t ip) const;
  // false: refused, there is nobody yet.
  bool connect(const Server& server) const;
  void send(const std::string& text) const;

 private:
  int number_;
};

std::string request_for(const std::string& target, bool close = false);

// Follows one answer through the bytes as they come. No chunks: what is asked for here has a
// Content-Length.
class Answer {
 public:
  bool whole() const { return has_head_ && left_ == 0; }
  // Receives once, at most `most` bytes of the body; a body's bytes are dropped in the kernel.
  // false: nothing there (EAGAIN on a non-blocking socket). An end or a status that is not 200 throws.
  bool receive(int socket, uint64_t most = UINT64_MAX);
  uint64_t body_bytes() const { return body_; }

 private:
  void note_head();

  std::string head_;
  bool has_head_ = false;
  uint64_t left_ = 0;
  uint64_t body_ = 0;
};

// Blocking: asks and waits for the whole answer.
void ask(const Socket& socket, const std::string& request);

} // namespace hold
