// SPDX-License-Identifier: MIT
// What the kernel takes for a file in DATA frames: each with its header in a buffer that the file is read into (copy),
// or the header with MSG_MORE and then sendfile (sendfile).
//
// frames FILE copy|sendfile FRAME-BYTES BUFFER-BYTES ROUNDS   prints microseconds of CPU time a MiB, of the sender only

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr size_t header_bytes = 9;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

double cpu_us() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

void send_all(int socket, const char* from, size_t size, int flags) {
  while (size > 0) {
    ssize_t sent = send(socket, from, size, flags);
    if (sent < 0) fail("send");
    from += sent;
    size -= static_cast<size_t>(sent);
  }
}

void copy(int socket, int file, size_t size, size_t frame, std::vector<char>& buffer) {
  for (size_t at = 0; at < size;) {
    size_t used = 0;
    while (at < size && used + header_bytes + frame <= buffer.size()) {
      size_t piece = std::min(frame, size - at);
      if (pread(file, buffer.data() + used + header_bytes, piece, static_cast<off_t>(at)) < 0) fail("pread");
      used += header_bytes + piece;
      at += piece;
    }
    send_all(socket, buffer.data(), used, 0);
  }
}

void send_file(int socket, int file, size_t size, size_t frame) {
  const char header[header_bytes] = {};
  for (off_t at = 0; at < static_cast<off_t>(size);) {
    send_all(socket, header, sizeof header, MSG_MORE);
    off_t end = std::min(at + static_cast<off_t>(frame), static_cast<off_t>(size));
    while (at < end) {
      if (sendfile(socket, file, &at, static_cast<size_t>(end - at)) <= 0) fail("sendfile");
    }
  }
}

// A connection over loopback, whose other end a child reads to its end.
int connect_to_reader() {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, name, length) < 0 || listen(listener, 1) < 0 || getsockname(listener, name, &length) < 0)
    fail("bind");
  if (fork() == 0) {
    int reader = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(reader, name, length) < 0) fail("connect");
    std::vector<char> buffer(1 << 18);
    while (read(reader, buffer.data(), buffer.size()) > 0) continue;
    _exit(0);
  }
  int one = 1;
  int socket = accept(listener, nullptr, nullptr);
  if (socket < 0 || setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0) fail("accept");
  return socket;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::fputs("frames FILE copy|sendfile FRAME-BYTES BUFFER-BYTES ROUNDS\n", stderr);
    return 2;
  }
  bool copies = std::string(arguments[2]) == "copy";
  size_t frame = std::stoul(arguments[3]);
  std::vector<char> buffer(std::stoul(arguments[4]));
  size_t rounds = std::stoul(arguments[5]);
  int file = open(arguments[1], O_RDONLY);
  struct stat facts = {};
  if (file < 0 || fstat(file, &facts) < 0) fail(arguments[1]);
  auto size = static_cast<size_t>(facts.st_size);
  if (copies && buffer.size() < frame + header_bytes) return 2;
  int socket = connect_to_reader();
  double begin = cpu_us();
  for (size_t i = 0; i < rounds; i++)
    copies ? copy(socket, file, size, frame, buffer) : send_file(socket, file, size, frame);
  double used = cpu_us() - begin;
  close(socket);
  wait(nullptr);
  std::printf("%.0f\n", used / static_cast<double>(rounds) / (static_cast<double>(size) / (1 << 20)));
}
