// SPDX-License-Identifier: MIT
#include "hold.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <vector>

#include "client.h"

namespace hold {
namespace {

constexpr uint64_t batch = 64;      // that are opened before their answers are read: both sides stay busy
constexpr uint64_t progress = 1000; // connections between two lines of it

struct Held {
  Server server;
  uint32_t first_source; // host order; then the next addresses, each for per_source connections
  uint64_t per_source;
  std::string request;
  std::vector<Socket> sockets;

  // More of them, up to `count` in all.
  void open(uint64_t count) {
    sockets.reserve(count);
    while (sockets.size() < count) {
      size_t begin = sockets.size();
      while (sockets.size() < count && sockets.size() < begin + batch) {
        Socket socket(true);
        socket.come_from(first_source + static_cast<uint32_t>(sockets.size() / per_source));
        if (!socket.connect(server)) throw std::runtime_error("refused");
        socket.send(request);
        sockets.push_back(std::move(socket));
      }
      for (size_t i = begin; i < sockets.size(); i++) {
        Answer answer;
        while (!answer.whole()) {
          if (!answer.receive(sockets[i].number())) throw std::runtime_error("no answer in time");
        }
      }
      if (begin / progress != sockets.size() / progress) std::cout << "progress " << sockets.size() << std::endl;
    }
  }

  // Those on which nothing has come, not even an end.
  uint64_t alive() const {
    uint64_t count = 0;
    char byte;
    for (const Socket& socket : sockets) {
      if (recv(socket.number(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN) count++;
    }
    return count;
  }

  // Another request on `count` of them, evenly spread.
  void ask_again(uint64_t count) const {
    for (uint64_t i = 0; i < count; i++) ask(sockets[i * sockets.size() / count], request);
  }
};

} // namespace

void run_hold(std::span<char*> arguments) {
  if (arguments.size() != 4) throw std::invalid_argument("hold IP PORT FIRST-SOURCE PER-SOURCE");
  Held held = {.server = server_of(arguments[0], arguments[1]),
               .first_source = ntohl(server_of(arguments[2], "0").ip),
               .per_source = number_of(arguments[3]),
               .request = request_for("/"),
               .sockets = {}};
  // The end of the input is the end: a driver that dies takes us along.
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    uint64_t count = 0;
    words >> command >> count;
    if (command == "open") {
      held.open(held.sockets.size() + count);
      std::cout << "held " << held.sockets.size() << std::endl;
    } else if (command == "check") {
      std::cout << "alive " << held.alive() << std::endl;
    } else if (command == "ask" && count > 0 && !held.sockets.empty()) {
      held.ask_again(count);
      std::cout << "answered " << count << std::endl;
    } else {
      throw std::invalid_argument("command: " + line);
    }
  }
}

} // namespace hold
