// SPDX-License-Identifier: MIT
// bench-ceiling-kept PORT memory|sendfile|splice BYTES [BODIES]: the least that kept connections cost.
// One thread, edge-triggered epoll, the same bytes for everybody. Nothing is parsed: the first
// request tells how long a request is, and as many bytes as that are a request. Of several bodies
// one after the other is sent, which costs the processor's caches what as many files cost.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct Ceiling {
  std::string how;
  size_t bytes;
  std::string head;
  size_t bodies = 1;
  size_t next = 0;
  std::string body;  // all of them
  std::string batch; // head and body, many times
  int file = -1;
  int pipe[2] = {-1, -1};
  size_t request = 0;
  struct Rest {
    size_t at = 0; // of the body
    size_t left = 0;
  };
  std::vector<Rest> rests = std::vector<Rest>(65536);

  void prepare() {
    head =
        "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 18:41:00 GMT\r\nContent-Type: application/octet-stream\r\n"
        "Content-Length: " +
        std::to_string(bytes) + "\r\n\r\n";
    body.assign(bytes * bodies, 'x');
    for (int i = 0; i < 16 && bytes <= 4096; i++) batch += head + body.substr(0, bytes);
    file = memfd_create("body", MFD_CLOEXEC);
    if (write(file, body.data(), body.size()) != static_cast<ssize_t>(body.size())) std::abort();
    if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
    fcntl(pipe[1], F_SETPIPE_SZ, 1 << 20);
  }

  // Sends what is left of a body. false: the socket takes no more now.
  bool go_on(int socket) {
    Rest& rest = rests[static_cast<size_t>(socket)];
    while (rest.left > 0) {
      ssize_t sent;
      if (how == "memory") {
        sent = send(socket, body.data() + rest.at, rest.left, MSG_NOSIGNAL);
      } else if (how == "sendfile") {
        auto at = static_cast<off_t>(rest.at);
        sent = sendfile(socket, file, &at, rest.left);
      } else {
        auto at = static_cast<loff_t>(rest.at);
        ssize_t in = splice(file, &at, pipe[1], nullptr, rest.left, 0);
        sent = in <= 0 ? in : splice(pipe[0], nullptr, socket, nullptr, static_cast<size_t>(in), 0);
        if (in > 0 && sent < in) { // empty the pipe again: it is shared
          char drop[65536];
          for (ssize_t over = in - (sent > 0 ? sent : 0); over > 0;) {
            auto n = read(pipe[0], drop, sizeof drop);
            if (n <= 0) break;
            over -= n;
          }
        }
      }
      if (sent <= 0) return false;
      rest.at += static_cast<size_t>(sent);
      rest.left -= static_cast<size_t>(sent);
    }
    return true;
  }

  bool answer(int socket, size_t count) {
    if (count > 1) return send(socket, batch.data(), (head.size() + bytes) * count, MSG_NOSIGNAL) > 0;
    Rest& rest = rests[static_cast<size_t>(socket)];
    rest = {bytes * next, bytes};
    next = (next + 7) % bodies;
    if (how == "memory") {
      iovec parts[] = {{head.data(), head.size()}, {body.data() + rest.at, bytes}};
      auto sent = writev(socket, parts, 2);
      if (sent < static_cast<ssize_t>(head.size())) return false;
      rest.at += static_cast<size_t>(sent) - head.size();
      rest.left -= static_cast<size_t>(sent) - head.size();
    } else {
      send(socket, head.data(), head.size(), MSG_NOSIGNAL | MSG_MORE);
    }
    go_on(socket);
    return true;
  }

  // false: the connection is over.
  bool serve(int socket) {
    if (!go_on(socket)) return true;
    char bytes_in[16384];
    auto count = read(socket, bytes_in, sizeof bytes_in);
    if (count < 0) return true;
    if (count == 0) return false;
    if (request == 0)
      request = static_cast<size_t>(static_cast<char*>(memmem(bytes_in, static_cast<size_t>(count), "\r\n\r\n", 4)) +
                                    4 - bytes_in);
    return answer(socket, static_cast<size_t>(count) / request);
  }
};

} // namespace

int main(int count, char** values) {
  if (count < 4) return std::fprintf(stderr, "bench-ceiling-kept PORT memory|sendfile|splice BYTES [BODIES]\n"), 2;
  Ceiling ceiling;
  ceiling.how = values[2];
  ceiling.bytes = std::strtoul(values[3], nullptr, 10);
  if (count > 4) ceiling.bodies = std::strtoul(values[4], nullptr, 10);
  ceiling.prepare();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::strtoul(values[1], nullptr, 10)));
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return std::perror("bind"), 1;
  listen(listener, 4096);
  int epoll = epoll_create1(0);
  epoll_event own = {.events = EPOLLIN, .data = {.fd = listener}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &own);
  epoll_event events[256];
  while (true) {
    int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (socket < 0) continue;
        epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data = {.fd = socket}};
        ceiling.rests[static_cast<size_t>(socket)] = {};
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
      } else if (!ceiling.serve(fd)) {
        close(fd);
      }
    }
  }
}
