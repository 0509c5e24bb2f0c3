// SPDX-License-Identifier: MIT
#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace hold {
namespace {

[[noreturn]] void fail(const char* step) { throw std::system_error(errno, std::generic_category(), step); }

template <typename T>
void set(int socket, int level, int option, const T& value) {
  if (setsockopt(socket, level, option, &value, sizeof value) != 0) fail("setsockopt");
}

sockaddr_in address(in_addr_t ip, in_port_t port) {
  sockaddr_in result = {};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = ip;
  result.sin_port = port;
  return result;
}

} // namespace

Server server_of(const char* ip, const char* port) {
  in_addr binary = {};
  if (inet_pton(AF_INET, ip, &binary) != 1) throw std::invalid_argument("not an IPv4 address");
  return {binary.s_addr, htons(static_cast<uint16_t>(number_of(port)))};
}

uint64_t number_of(const char* text) {
  uint64_t value = 0;
  const char* end = text + std::strlen(text);
  auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end) throw std::invalid_argument(std::string("not a number: ") + text);
  return value;
}

Socket::Socket(bool resets) : number_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (number_ < 0) fail("socket");
  timeval wait = {.tv_sec = patience_s, .tv_usec = 0};
  set(number_, SOL_SOCKET, SO_RCVTIMEO, wait);
  set(number_, SOL_SOCKET, SO_SNDTIMEO, wait);
  set(number_, IPPROTO_TCP, TCP_NODELAY, 1);
  if (resets) set(number_, SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
}

Socket::~Socket() {
  if (number_ >= 0) close(number_);
}

void Socket::come_from(uint32_t ip) const {
  set(number_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  sockaddr_in source = address(htonl(ip), 0);
  if (bind(number_, reinterpret_cast<sockaddr*>(&source), sizeof source) != 0) fail("bind");
}

bool Socket::connect(const Server& server) const {
  sockaddr_in to = address(server.ip, server.port);
  if (::connect(number_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return true;
  if (errno == ECONNREFUSED) return false;
  fail("connect");
}

void Socket::send(const std::string& text) const {
  ssize_t sent = ::send(number_, text.data(), text.size(), MSG_NOSIGNAL);
  if (sent < 0) fail("send");
  if (static_cast<size_t>(sent) != text.size()) throw std::runtime_error("send: cut short");
}

std::string request_for(const std::string& target, bool close) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + (close ? "Connection: close\r\n\r\n" : "\r\n");
}

bool Answer::receive(int socket, uint64_t most) {
  char bytes[4096];
  if (!has_head_) {
    ssize_t got = recv(socket, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) fail("recv");
    if (got == 0) throw std::runtime_error("the server closed without an answer");
    head_.append(bytes, static_cast<size_t>(got));
    note_head();
    return true;
  }
  // With MSG_TRUNC a TCP socket drops what it would have copied (tcp(7)): a client that costs little.
  uint64_t wanted = left_ < most ? left_ : most;
  ssize_t got = recv(socket, nullptr, wanted, MSG_TRUNC);
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) fail("recv");
  if (got == 0) throw std::runtime_error("the server closed within a body");
  left_ -= static_cast<uint64_t>(got);
  return true;
}

void Answer::note_head() {
  size_t end = head_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (head_.size() > 65536) throw std::runtime_error("a head without an end");
    return;
  }
  if (head_.compare(9, 3, "200") != 0) throw std::runtime_error("answer: " + head_.substr(0, head_.find('\r')));
  constexpr char name[] = "\r\ncontent-length:";
  const char* field = strcasestr(head_.c_str(), name);
  if (field == nullptr || field > head_.c_str() + end) throw std::runtime_error("an answer without Content-Length");
  body_ = std::strtoull(field + sizeof name - 1, nullptr, 10);
  uint64_t here = head_.size() - (end + 4);
  if (here > body_) throw std::runtime_error("more bytes than Content-Length says");
  left_ = body_ - here;
  has_head_ = true;
}

void ask(const Socket& socket, const std::string& request) {
  socket.send(request);
  Answer answer;
  while (!answer.whole()) {
    if (!answer.receive(socket.number())) throw std::runtime_error("no answer in time");
  }
}

} // namespace hold
