// SPDX-License-Identifier: MIT
// System calls on sockets, epoll and standard descriptors. An event is reported when something has changed, as epoll(7)
// says for EPOLLET, with the state at the time of reporting.

#include <asm/unistd.h>
#include <linux/eventpoll.h>
#include <linux/poll.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/kernel.h"
#include "sys/abi.h"

namespace minhttp::sim {

std::shared_ptr<Wire> Kernel::connect(int client) {
  if (!listens()) return nullptr;
  auto wire = std::make_shared<Wire>();
  wire->client = client;
  wire->opened_ns = now_ns_;
  backlog_.push_back(wire);
  return wire;
}

long Kernel::accept(long fd, long address) {
  (void)get(fd);
  if (random.chance(faults.eintr)) return -EINTR;
  if (backlog_.empty()) return -EAGAIN;
  if (random.chance(faults.again)) return -EAGAIN;
  if (random.chance(faults.memory)) return random.chance(500) ? -ENOMEM : -ENOBUFS;
  auto wire = backlog_.front();
  if (random.chance(faults.aborts)) {
    backlog_.pop_front();
    wire->touched = wire->reset = wire->server_gone = true;
    return -ECONNABORTED;
  }
  long socket = install({.kind = Description::Kind::wire, .wire = wire});
  if (socket < 0) return socket;
  backlog_.pop_front();
  if (address != 0) {
    sockaddr_in6 peer = {}; // as in address_of()
    peer.sin6_family = AF_INET6;
    const uint8_t mapped[] = {
        0xff, 0xff, 10, 0, static_cast<uint8_t>(wire->client / 200), static_cast<uint8_t>(wire->client % 200 + 1)};
    memcpy(peer.sin6_addr.s6_addr + 10, mapped, sizeof mapped);
    memcpy(reinterpret_cast<void*>(address), &peer, sizeof peer);
  }
  return socket;
}

long Kernel::receive(Description& socket, char* to, size_t size) {
  Wire& wire = *socket.wire;
  if (socket.blocks) {
    auto is_ready = [&] { return !wire.to_server.empty() || wire.client_end || wire.broken; };
    if (!wait_until(is_ready, socket.timeout_ns)) return -EAGAIN;
  }
  if (random.chance(faults.eintr)) return -EINTR;
  if (random.chance(faults.network)) {
    wire.touched = wire.broken = true;
    wire.reset = true;
    return random.chance(500) ? -ECONNRESET : -ETIMEDOUT;
  }
  if (wire.broken) return -ECONNRESET;
  if (wire.to_server.empty()) return wire.client_end ? 0 : -EAGAIN;
  if (!socket.blocks && random.chance(faults.again)) { // the bytes came a moment later
    wire.edge = true;
    return -EAGAIN;
  }
  size_t count = std::min(size, wire.to_server.size());
  if (count > 1 && random.chance(faults.shorter)) count = random.between(1, count);
  memcpy(to, wire.to_server.data(), count);
  wire.to_server.erase(0, count);
  if (!wire.to_server.empty() && count < size) wire.edge = true; // the rest came a moment later
  return static_cast<long>(count);
}

long Kernel::send(Description& socket, std::string_view bytes) {
  Wire& wire = *socket.wire;
  if (wire.server_end) throw Broken("bytes behind the end of the stream");
  if (socket.blocks) {
    auto is_ready = [&] { return wire.to_client.size() < wire.room || wire.client_gone || wire.broken; };
    if (!wait_until(is_ready, socket.timeout_ns)) return -EAGAIN;
  }
  if (random.chance(faults.eintr)) return -EINTR;
  if (random.chance(faults.memory)) {
    wire.touched = true;
    return random.chance(500) ? -ENOBUFS : -ENOMEM;
  }
  if (random.chance(faults.network)) {
    wire.touched = wire.broken = wire.reset = true;
    return random.chance(500) ? -EPIPE : -ECONNRESET;
  }
  if (wire.broken) return -ECONNRESET;
  if (wire.client_gone) { // the first send succeeds, and causes a reset
    wire.broken = wire.edge = true;
    return static_cast<long>(bytes.size());
  }
  size_t room = wire.room > wire.to_client.size() ? wire.room - wire.to_client.size() : 0;
  if (room == 0) return -EAGAIN;
  if (!socket.blocks && random.chance(faults.again)) {
    wire.edge = true;
    return -EAGAIN;
  }
  size_t count = std::min(room, bytes.size());
  if (count > 1 && random.chance(faults.shorter)) count = random.between(1, count);
  wire.to_client.append(bytes.substr(0, count));
  return static_cast<long>(count);
}

long Kernel::send_file(const Arguments& a) {
  if (random.chance(faults.disk)) return -EIO;
  const std::string content = get(a[1])->node->content; // a copy, as it may change while a blocking call waits
  uint64_t offset = 0;
  memcpy(&offset, reinterpret_cast<const void*>(a[2]), sizeof offset);
  if (offset >= content.size()) return 0;
  return send(*get(a[0]), std::string_view(content).substr(offset, static_cast<size_t>(a[3])));
}

long Kernel::read_signal(char* to) {
  if (signals_.empty()) return -EAGAIN;
  memset(to, 0, 128); // signalfd_siginfo: the number first, then errno, then the code of kill(2)
  auto number = static_cast<uint32_t>(signals_.front());
  memcpy(to, &number, sizeof number);
  signals_.pop_front();
  return 128;
}

uint32_t Kernel::ready(const Description& description) const {
  switch (description.kind) {
    case Description::Kind::listener: return backlog_.empty() ? 0 : EPOLLIN;
    case Description::Kind::signals: return signals_.empty() ? 0 : EPOLLIN;
    case Description::Kind::wire: break;
    default: return 0;
  }
  const Wire& wire = *description.wire;
  uint32_t events = 0;
  if (!wire.to_server.empty() || wire.client_end || wire.broken) events |= EPOLLIN;
  if (wire.client_end) events |= EPOLLRDHUP;
  if (wire.to_client.size() < wire.room || wire.client_gone || wire.broken) events |= EPOLLOUT;
  if (wire.broken) events |= EPOLLERR | EPOLLHUP;
  if (wire.client_end && wire.server_end) events |= EPOLLHUP;
  return events;
}

long Kernel::wait_events(const Arguments& a) {
  if (random.chance(faults.eintr)) return -EINTR;
  auto tell = [&](bool all) {
    long told = 0;
    for (auto& [fd, watch] : watches_) {
      if (told == a[2]) break;
      Description& description = *table_.at(fd);
      uint32_t events = ready(description) & (watch.events | EPOLLERR | EPOLLHUP);
      bool edge = (watch.events & EPOLLET) != 0;
      bool once_more = edge && !description.wire->edge && all && random.chance(faults.late / 8);
      if (events == 0 || (edge && !description.wire->edge && !once_more)) continue;
      if (!all && random.chance(faults.late)) continue;
      if (edge) description.wire->edge = false;
      epoll_event event = {.events = events, .data = watch.data};
      memcpy(reinterpret_cast<char*>(a[1]) + static_cast<size_t>(told) * sizeof event, &event, sizeof event);
      told++;
    }
    return told;
  };
  auto anything = [&] {
    return std::any_of(watches_.begin(), watches_.end(), [&](const auto& entry) {
      const Description& description = *table_.at(entry.first);
      bool edge = (entry.second.events & EPOLLET) != 0;
      return (!edge || description.wire->edge) &&
             (ready(description) & (entry.second.events | EPOLLERR | EPOLLHUP)) != 0;
    });
  };
  int64_t timeout_ns = a[3] < 0 ? -1 : a[3] * 1'000'000;
  if (!wait_until(anything, timeout_ns)) return tell(true);
  long told = tell(false);
  return told > 0 ? told : tell(true);
}

long Kernel::poll(const Arguments& a) {
  if (random.chance(faults.eintr)) return -EINTR;
  auto* queries = reinterpret_cast<pollfd*>(a[0]);
  int64_t time[2] = {};
  if (a[2] != 0) memcpy(time, reinterpret_cast<const void*>(a[2]), sizeof time);
  bool slow = random.chance(faults.slow_log);
  auto look = [&] {
    long count = 0;
    for (long i = 0; i < a[1]; i++) {
      queries[i].revents = 0;
      Description& description = *get(queries[i].fd);
      bool out = description.kind == Description::Kind::standard && (queries[i].events & POLLOUT) != 0 && !slow;
      if (out) queries[i].revents = POLLOUT;
      if ((queries[i].events & POLLIN) != 0 && (ready(description) & EPOLLIN) != 0) queries[i].revents = POLLIN;
      count += queries[i].revents != 0;
    }
    return count;
  };
  int64_t timeout_ns = a[2] == 0 ? -1 : time[0] * 1'000'000'000 + time[1];
  wait_until([&] { return look() > 0; }, timeout_ns);
  return look();
}

long Kernel::dispatch_network(long number, const Arguments& a) {
  auto text = [](long address, long size) {
    return std::string_view(reinterpret_cast<const char*>(address), static_cast<size_t>(size));
  };
  switch (number) {
    case __NR_read: {
      Description& from = *get(a[0]);
      auto* to = reinterpret_cast<char*>(a[1]);
      if (from.kind == Description::Kind::signals) return read_signal(to);
      if (from.kind == Description::Kind::wire) return receive(from, to, static_cast<size_t>(a[2]));
      if (random.chance(faults.disk)) return -EIO;
      std::string_view rest =
          std::string_view(from.node->content).substr(std::min(from.offset, from.node->content.size()));
      size_t count = std::min(rest.size(), static_cast<size_t>(a[2]));
      if (count > 1 && random.chance(faults.shorter)) count = random.between(1, count);
      memcpy(to, rest.data(), count);
      from.offset += count;
      return static_cast<long>(count);
    }
    case __NR_write: {
      if (a[0] == 2) standard_error += text(a[1], a[2]);
      if (random.chance(faults.slow_log)) return -EAGAIN;
      long taken = a[2];
      if (taken > 1 && random.chance(faults.shorter))
        taken = static_cast<long>(random.between(1, static_cast<uint64_t>(taken)));
      if (a[0] == 1) standard_output += text(a[1], taken);
      return taken;
    }
    case __NR_close: {
      (void)get(a[0]);
      close(static_cast<int>(a[0]));
      return 0;
    }
    case __NR_sendto: return send(*get(a[0]), text(a[1], a[2]));
    case __NR_sendmsg: {
      msghdr message = {};
      memcpy(&message, reinterpret_cast<const void*>(a[1]), sizeof message);
      std::string all;
      for (size_t i = 0; i < message.msg_iovlen; i++) {
        all.append(static_cast<const char*>(message.msg_iov[i].iov_base), message.msg_iov[i].iov_len);
      }
      return send(*get(a[0]), all);
    }
    case __NR_sendfile: return send_file(a);
    case __NR_shutdown: {
      Description& socket = *get(a[0]);
      if (socket.kind == Description::Kind::wire) socket.wire->server_end = true;
      return 0;
    }
    case __NR_accept4: {
      long socket = accept(a[0], a[1]);
      if (socket >= 0) get(socket)->blocks = (a[3] & SOCK_NONBLOCK) == 0;
      return socket;
    }
    case __NR_setsockopt: {
      Description& socket = *get(a[0]);
      if (a[1] == SOL_SOCKET && (a[2] == SO_RCVTIMEO || a[2] == SO_SNDTIMEO)) {
        int64_t time[2] = {};
        memcpy(time, reinterpret_cast<const void*>(a[3]), sizeof time);
        socket.timeout_ns = time[0] * 1'000'000'000 + time[1] * 1000;
      }
      if (a[1] == SOL_SOCKET && a[2] == SO_LINGER) socket.wire->drops = true;
      return 0;
    }
    case __NR_getsockname: {
      sockaddr_in6 own = {};
      own.sin6_family = AF_INET6;
      own.sin6_port = htons(8080);
      memcpy(reinterpret_cast<void*>(a[1]), &own, sizeof own);
      return 0;
    }
    case __NR_epoll_ctl: {
      if (random.chance(faults.memory) && a[1] != EPOLL_CTL_DEL) {
        if (get(a[2])->wire) get(a[2])->wire->touched = true;
        return -ENOMEM;
      }
      int fd = static_cast<int>(a[2]);
      Description& description = *get(fd);
      if ((a[1] == EPOLL_CTL_ADD) == (watches_.count(fd) != 0)) return a[1] == EPOLL_CTL_ADD ? -EEXIST : -ENOENT;
      if (a[1] == EPOLL_CTL_DEL) {
        watches_.erase(fd);
        return 0;
      }
      epoll_event event = {};
      memcpy(&event, reinterpret_cast<const void*>(a[3]), sizeof event);
      watches_[fd] = {event.events, event.data};
      if (description.wire) description.wire->edge = true; // what is true already is reported
      return 0;
    }
    case __NR_epoll_pwait: return wait_events(a);
    case __NR_ppoll: return poll(a);
    case __NR_ioctl: {
      if (a[1] != sys::abi::siocoutq) return -ENOTTY; // nothing here is a terminal
      auto unacked = static_cast<int>(get(a[0])->wire->to_client.size());
      memcpy(reinterpret_cast<void*>(a[2]), &unacked, sizeof unacked);
      return 0;
    }
    case __NR_fcntl: return install({.kind = Description::Kind::other});
    case __NR_signalfd4: return install({.kind = Description::Kind::signals});
    case __NR_epoll_create1: return install({.kind = Description::Kind::epoll});
    case __NR_socket: return install({.kind = Description::Kind::other});
    default: break;
  }
  if (number == __NR_listen) get(a[0])->kind = Description::Kind::listener;
  return 0; // bind
}

} // namespace minhttp::sim
