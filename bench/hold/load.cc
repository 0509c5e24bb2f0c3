// SPDX-License-Identifier: MIT
// Keep-alive connections of which some ask again as soon as they are answered, in slices that
// the driver orders. Between two slices nothing is under way, so that what the server's CPU
// clock has gained belongs to the requests of the slice.

#include <fcntl.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <random>
#include <sstream>
#include <vector>

#include "client.h"
#include "hold.h"

namespace hold {
namespace {

constexpr size_t per_source = 10'000;     // connections of one address
constexpr uint32_t source = 0x7f640000;   // 127.100.0.0
constexpr uint64_t receive_max = 4 << 20; // of one body at once, then the others get their turn

struct Load {
  struct Client {
    Socket socket;
    Answer answer;
  };
  std::vector<Client> clients;
  size_t busy; // the first of them ask
  std::string target;
  uint64_t files; // 0: one target; else one of so many, by chance
  int epoll;
  std::mt19937_64 chance{1};
  uint64_t under_way = 0;
  uint64_t requests = 0;
  uint64_t bytes = 0;

  void open(const Server& server, size_t count) {
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
      clients.push_back({Socket(true), {}});
      const Socket& socket = clients.back().socket;
      socket.come_from(source + static_cast<uint32_t>(i / per_source));
      if (!socket.connect(server)) throw std::runtime_error("refused");
      ask(socket, next_request());
      fcntl(socket.number(), F_SETFL, O_NONBLOCK);
      epoll_event event = {.events = EPOLLIN, .data = {.u64 = i}};
      if (i < busy && epoll_ctl(epoll, EPOLL_CTL_ADD, socket.number(), &event) != 0) throw std::runtime_error("epoll");
    }
  }

  std::string next_request() {
    if (files == 0) return request_for(target);
    char name[32];
    auto file = static_cast<unsigned>(chance() % files);
    std::snprintf(name, sizeof name, "/%03u/%06u.txt", file / 1000, file);
    return request_for(name);
  }

  void begin(Client& client) {
    client.answer = {};
    client.socket.send(next_request());
    under_way++;
  }

  void go_on(Client& client, bool last) {
    while (!client.answer.whole()) {
      if (!client.answer.receive(client.socket.number(), receive_max)) return;
      if (client.answer.body_bytes() > receive_max && !client.answer.whole()) return; // the event comes again
    }
    under_way--;
    requests++;
    bytes += client.answer.body_bytes();
    if (!last) begin(client);
  }

  // No request begins after `duration`; those that have begun are awaited.
  void slice(std::chrono::milliseconds duration) {
    requests = bytes = 0;
    auto start = Clock::now();
    auto end = start + duration;
    for (size_t i = 0; i < busy; i++) begin(clients[i]);
    std::array<epoll_event, 256> events;
    while (under_way > 0) {
      int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), patience_s * 1000);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw std::runtime_error("no answer in time");
      bool last = Clock::now() >= end;
      for (int i = 0; i < count; i++) go_on(clients[events[static_cast<size_t>(i)].data.u64], last);
    }
    std::cout << requests << ' ' << bytes << ' ' << std::chrono::nanoseconds(Clock::now() - start).count() << std::endl;
  }
};

} // namespace

void run_load(std::span<char*> arguments) {
  if (arguments.size() != 6) throw std::invalid_argument("load IP PORT CONNECTIONS BUSY TARGET FILES");
  size_t count = number_of(arguments[2]);
  size_t busy = number_of(arguments[3]);
  if (busy > count || busy == 0) throw std::invalid_argument("BUSY is 1 to CONNECTIONS");
  Load load = {.clients = {}, .busy = busy, .target = arguments[4], .files = number_of(arguments[5]), .epoll = -1};
  load.open(server_of(arguments[0], arguments[1]), count);
  std::cout << "held " << count << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    int64_t ms = 0;
    words >> ms;
    load.slice(std::chrono::milliseconds(ms));
  }
}

} // namespace hold
