// SPDX-License-Identifier: MIT
// bench-ceiling-closed PORT [epoll|drain]: the least that a connection for each request costs: accept, read,
// write, close, and nothing else; one after the other. The last bytes wait for the end of the
// connection (MSG_MORE), so both leave in one segment. epoll: waits as a server does that has other
// things to do, and accepts one client then; drain: accepts until there is nobody.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int count, char** values) {
  std::string_view how = count == 3 ? values[2] : "";
  bool waits = how == "epoll" || how == "drain";
  if (count < 2 || count > 3 || (count == 3 && !waits)) {
    return std::fprintf(stderr, "bench-ceiling-closed PORT [epoll|drain]\n"), 2;
  }
  constexpr char answer[] =
      "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 18:41:00 GMT\r\nContent-Type: application/octet-stream\r\n"
      "Connection: close\r\nContent-Length: 20\r\n\r\nxxxxxxxxxxxxxxxxxxxx";
  int listener = socket(AF_INET, SOCK_STREAM | (waits ? SOCK_NONBLOCK : 0), 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::strtoul(values[1], nullptr, 10)));
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return std::perror("bind"), 1;
  listen(listener, 4096);
  int epoll = epoll_create1(0);
  epoll_event event = {.events = EPOLLIN, .data = {}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  while (true) {
    if (waits) epoll_wait(epoll, &event, 1, -1);
    do {
      int client = accept4(listener, nullptr, nullptr, waits ? SOCK_NONBLOCK : 0);
      if (client < 0) break;
      char request[4096];
      if (read(client, request, sizeof request) > 0) {
        (void)send(client, answer, sizeof answer - 1, MSG_MORE | MSG_NOSIGNAL);
      }
      close(client);
    } while (how == "drain");
  }
}
