// SPDX-License-Identifier: MIT
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace minhttp::socketfuzz {

constexpr int64_t stuck_ms = 4'000; // the server takes nothing of what there is to say
constexpr size_t received_max = 16 << 20;

Client::Client(Plan plan, uint16_t port) : plan_(std::move(plan)) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) throw std::runtime_error("no socket");
  int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (plan_.receive_buffer > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &plan_.receive_buffer, sizeof plan_.receive_buffer);
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    done_ = reset_ = true;
  }
}

Client::~Client() {
  if (socket_ >= 0) close(socket_);
}

short Client::wants() const {
  bool sends = !connected_ || (step_ < plan_.steps.size() && plan_.steps[step_].kind == Step::Kind::send);
  bool reads = plan_.reads || step_ == plan_.steps.size();
  return static_cast<short>((sends ? POLLOUT : 0) | (reads ? POLLIN : 0));
}

void Client::turn(short events, int64_t now_ms) {
  if (quiet_since_ms_ == 0 || events != 0) quiet_since_ms_ = now_ms;
  if ((events & POLLOUT) != 0) connected_ = true;
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && (plan_.reads || step_ == plan_.steps.size())) receive(now_ms);
  if (!done_ && connected_) act(events);
  bool stuck = now_ms - quiet_since_ms_ > std::max(stuck_ms, plan_.quiet_ms);
  if (!done_ && ((step_ == plan_.steps.size() && now_ms - quiet_since_ms_ > plan_.quiet_ms) || stuck))
    gave_up_ = done_ = true;
}

void Client::receive(int64_t now_ms) {
  std::array<char, 64 << 10> buffer;
  while (!done_) {
    ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
      received_.append(buffer.data(), static_cast<size_t>(count));
      quiet_since_ms_ = now_ms;
      if (received_.size() > received_max) gave_up_ = done_ = true;
    } else if (count == 0) {
      peer_end_ = done_ = true;
    } else {
      if (errno == EAGAIN) return;
      reset_ = done_ = true;
    }
  }
}

// Steps until one has to wait.
void Client::act(short events) {
  while (step_ < plan_.steps.size()) {
    const Step& step = plan_.steps[step_];
    switch (step.kind) {
      case Step::Kind::send: {
        if ((events & POLLOUT) == 0) return;
        ssize_t count = send(socket_, step.bytes.data() + offset_, step.bytes.size() - offset_, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) return;
        // The server has gone; what it sent before may still be there. A reset is reported once, here or by recv():
        // after an error here recv() sees an end like any other, though bytes may be lost.
        if (count < 0) {
          reset_ = true;
          step_ = plan_.steps.size();
          plan_.reads = true;
          return;
        }
        sent_.append(step.bytes, offset_, static_cast<size_t>(count));
        offset_ += static_cast<size_t>(count);
        if (offset_ < step.bytes.size()) return;
        offset_ = 0;
        break;
      }
      case Step::Kind::wait:
        if (waited_++ < step.turns) return;
        waited_ = 0;
        break;
      case Step::Kind::end: shutdown(socket_, SHUT_WR); break;
      case Step::Kind::reset: {
        linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        reset_ = done_ = true;
        return;
      }
    }
    step_++;
  }
}

} // namespace minhttp::socketfuzz
