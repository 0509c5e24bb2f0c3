// SPDX-License-Identifier: MIT
// bench-load: the client of bench/compare, as light as it can be without believing everything:
// each answer's status is looked at, and its length is what the first answer to that target was.
// Bodies are dropped in the kernel. A line with milliseconds on standard input is a slice.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int patience_s = 10;
constexpr size_t window = 16 * 1024;    // of an answer's first bytes; the others are not copied
constexpr uint32_t source = 0x7f500001; // 127.80.0.1 and up: each has all ports again

enum class Mode { keep, close, pipe };

struct Client {
  int socket = -1;
  size_t target = 0;
  size_t left = 0; // bytes of answers under way
  size_t seen = 0; // of the answer that is being read
  Clock::time_point sent;
};

struct Load {
  sockaddr_in server = {};
  Mode mode;
  size_t busy;
  size_t depth; // requests sent together
  size_t targets;
  std::string pattern;
  std::vector<std::string> requests; // of each target, depth times
  std::vector<size_t> sizes;         // of each target's answer, head and body
  std::vector<Client> clients;
  std::vector<int> idle;
  std::vector<uint32_t> latencies_ns;
  std::mt19937_64 chance{1};
  uint32_t connections = 0;
  uint64_t done = 0;
  uint64_t errors = 0;
  uint64_t reopened = 0;
  size_t under_way = 0;
  int epoll = epoll_create1(EPOLL_CLOEXEC);

  int connect_one() {
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    timeval patience = {.tv_sec = patience_s, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in own = {};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(source + connections++ / 2000 % 200);
    if (bind(socket, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 ||
        connect(socket, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    }
    return socket;
  }

  std::string path_of(size_t target) const {
    size_t at = pattern.find('%');
    if (at == std::string::npos) return pattern;
    return pattern.substr(0, at) + std::to_string(target) + pattern.substr(at + 1);
  }

  // One blocking request: how long the answer is. Throws where it is not what was asked for.
  size_t learn(int socket, size_t target) {
    const std::string& one = requests[target];
    std::string first = one.substr(0, one.size() / depth);
    if (send(socket, first.data(), first.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(first.size())) {
      throw std::runtime_error("send");
    }
    std::string head;
    char bytes[4096];
    size_t all = 0;
    size_t length = SIZE_MAX;
    while (length == SIZE_MAX || all < length) {
      auto count = recv(socket, bytes, sizeof bytes, 0);
      if (count <= 0) throw std::runtime_error("the answer to " + path_of(target) + " ends early");
      all += static_cast<size_t>(count);
      if (length != SIZE_MAX) continue;
      head.append(bytes, static_cast<size_t>(count));
      size_t end = head.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (head.compare(0, 5, "http/") != 0 || head.compare(8, 5, " 200 ") != 0) {
        throw std::runtime_error(path_of(target) + ": " + head.substr(0, head.find('\r')));
      }
      size_t field = head.find("\r\ncontent-length:");
      if (field == std::string::npos || field > end) throw std::runtime_error(path_of(target) + ": no Content-Length");
      length = end + 4 + std::stoul(head.substr(field + 17));
    }
    if (all != length) throw std::runtime_error(path_of(target) + ": more than it says");
    return length;
  }

  void watch(size_t client) {
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = client;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[client].socket, &event) != 0) throw std::runtime_error("epoll_ctl");
  }

  void open(size_t idle_count) {
    for (size_t i = 0; i < targets; i++) {
      std::string request = "GET " + path_of(i) + " HTTP/1.1\r\nHost: localhost\r\n" +
                            (mode == Mode::close ? "Connection: close\r\n" : "") + "\r\n";
      std::string all;
      for (size_t n = 0; n < depth; n++) all += request;
      requests.push_back(all);
    }
    int socket = -1;
    for (size_t i = 0; i < targets; i++) {
      if (socket < 0) socket = connect_one();
      sizes.push_back(learn(socket, i));
      if (mode == Mode::close || i % 500 == 499) {
        ::close(socket);
        socket = -1;
      }
    }
    if (socket >= 0) ::close(socket);
    for (size_t i = 0; i < idle_count; i++) {
      idle.push_back(connect_one());
      (void)learn(idle.back(), 0);
    }
    clients.resize(busy);
    for (size_t i = 0; i < busy && mode != Mode::close; i++) {
      clients[i].socket = connect_one();
      fcntl(clients[i].socket, F_SETFL, O_NONBLOCK);
      watch(i);
    }
  }

  void reopen(Client& client) {
    if (client.socket >= 0) ::close(client.socket);
    client.socket = connect_one();
    fcntl(client.socket, F_SETFL, O_NONBLOCK);
    watch(static_cast<size_t>(&client - clients.data()));
  }

  void begin(Client& client) {
    client.target = targets == 1 ? 0 : chance() % targets;
    client.left = sizes[client.target] * depth;
    client.seen = 0;
    client.sent = Clock::now();
    if (mode == Mode::close) reopen(client);
    const std::string& request = requests[client.target];
    auto sent = send(client.socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) { // some servers end a connection now and then
      reopened++;
      reopen(client);
      sent = send(client.socket, request.data(), request.size(), MSG_NOSIGNAL);
    }
    if (sent != static_cast<ssize_t>(request.size()))
      throw std::runtime_error("a request does not fit into the socket");
    under_way++;
  }

  // true: all that was asked for is there.
  bool receive(Client& client) {
    static char bytes[window];
    size_t size = sizes[client.target];
    while (client.left > 0) {
      size_t all = size * depth;
      size_t got = all - client.left;
      bool first = got < window || depth > 1;
      size_t most = first ? std::min(client.left, window) : client.left;
      // One byte more than there should be would show.
      auto count = recv(client.socket, bytes, first ? window : most, first ? 0 : MSG_TRUNC);
      if (count < 0 && errno == EAGAIN) return false;
      if (count == 0 && got == 0 && mode != Mode::close) { // the server ended it between two answers
        reopened++;
        under_way--;
        reopen(client);
        begin(client);
        return false;
      }
      if (count <= 0 || static_cast<size_t>(count) > client.left) {
        errors++;
        client.left = 0;
        if (mode != Mode::close) reopen(client);
        return true;
      }
      if (first) {
        for (size_t at = (size - got % size) % size; at + 12 <= static_cast<size_t>(count); at += size) {
          if (std::memcmp(bytes + at, "HTTP/1.", 7) != 0 || std::memcmp(bytes + at + 8, " 200", 4) != 0) errors++;
        }
      }
      client.left -= static_cast<size_t>(count);
    }
    return true;
  }

  void slice(std::chrono::milliseconds duration) {
    done = errors = reopened = 0;
    latencies_ns.clear();
    rusage before = {};
    getrusage(RUSAGE_SELF, &before);
    auto start = Clock::now();
    auto end = start + duration;
    for (Client& client : clients) begin(client);
    std::array<epoll_event, 256> events;
    while (under_way > 0) {
      int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), patience_s * 1000);
      if (count == 0) throw std::runtime_error("no answer in time");
      bool last = Clock::now() >= end;
      for (int i = 0; i < count; i++) {
        Client& client = clients[events[static_cast<size_t>(i)].data.u64];
        if (client.left == 0 || !receive(client)) continue;
        under_way--;
        done += depth;
        latencies_ns.push_back(static_cast<uint32_t>((Clock::now() - client.sent).count()));
        if (mode == Mode::close) {
          ::close(client.socket);
          client.socket = -1;
        }
        if (!last) begin(client);
      }
    }
    auto elapsed = (Clock::now() - start).count();
    rusage after = {};
    getrusage(RUSAGE_SELF, &after);
    auto us = [](const timeval& time) { return time.tv_sec * 1'000'000L + time.tv_usec; };
    long own = us(after.ru_utime) + us(after.ru_stime) - us(before.ru_utime) - us(before.ru_stime);
    std::sort(latencies_ns.begin(), latencies_ns.end());
    auto part = [&](double share) {
      return latencies_ns[static_cast<size_t>(share * static_cast<double>(latencies_ns.size() - 1))];
    };
    std::cout << done << ' ' << errors << ' ' << reopened << ' ' << elapsed << ' ' << own * 1000 << ' ' << part(0.5)
              << ' ' << part(0.99) << std::endl;
  }
};

int play(char** values) {
  Load load = {};
  load.server.sin_family = AF_INET;
  load.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  load.server.sin_port = htons(static_cast<uint16_t>(std::stoul(values[1])));
  std::string mode = values[2];
  const std::map<std::string, Mode> modes = {{"keep", Mode::keep}, {"close", Mode::close}, {"pipe", Mode::pipe}};
  load.mode = modes.at(mode);
  load.depth = load.mode == Mode::pipe ? 16 : 1;
  load.busy = std::stoul(values[3]);
  size_t idle = std::stoul(values[4]);
  load.pattern = values[5];
  load.targets = std::stoul(values[6]);
  load.open(idle);
  std::cout << "ready " << load.sizes[0] << std::endl;
  for (std::string line; std::getline(std::cin, line);) load.slice(std::chrono::milliseconds(std::stol(line)));
  return 0;
}

} // namespace

int main(int count, char** values) {
  if (count != 7) {
    std::cerr << "bench-load PORT keep|close|pipe BUSY IDLE TARGET TARGETS; % in TARGET is its number\n"
                 "then a line with milliseconds for each slice; answers: requests, errors, reopened connections,\n"
                 "elapsed ns, own CPU ns, p50 and p99 of the latency in ns\n";
    return 2;
  }
  try {
    return play(values);
  } catch (const std::exception& error) {
    std::cerr << "bench-load: " << error.what() << std::endl;
    return 1;
  }
}
