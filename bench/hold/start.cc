// SPDX-License-Identifier: MIT
// From exec to the first answer. The clock begins with the child's execve and ends with the
// first bytes of its answer. Nobody tells us when it listens, so we knock without a pause:
// a refused connect on loopback takes a few microseconds, and that is the error of the figure.
// The knocking needs a processor of its own; the driver pins both.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <thread>

#include "client.h"
#include "hold.h"

namespace hold {
namespace {

using namespace std::chrono_literals;

constexpr auto start_max = 5s;
constexpr auto end_max = 5s;

// The clock's start is taken by the child, in our memory, which vfork(2) lends it until execve: what
// comes before, the making of a process, is ours and not the server's.
pid_t spawn(char** command, const cpu_set_t& cpu, Clock::time_point& begin) {
  int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  pid_t child = vfork();
  if (child == 0) {
    sched_setaffinity(0, sizeof cpu, &cpu);
    for (int i = 0; i <= 2; i++) dup2(nowhere, i);
    begin = Clock::now();
    execv(command[0], command);
    _exit(127);
  }
  close(nowhere);
  if (child < 0) throw std::system_error(errno, std::generic_category(), "vfork");
  return child;
}

void end(pid_t child) {
  kill(child, SIGTERM);
  auto until = Clock::now() + end_max;
  while (waitpid(child, nullptr, WNOHANG) == 0) {
    if (Clock::now() > until) kill(child, SIGKILL);
    std::this_thread::sleep_for(200us);
  }
}

void first_answer(pid_t child, const Server& server, const std::string& request, Clock::time_point begin) {
  while (true) {
    Socket socket(true);
    if (!socket.connect(server)) {
      if (waitpid(child, nullptr, WNOHANG) != 0) throw std::runtime_error("the server ended at once");
      if (Clock::now() > begin + start_max) throw std::runtime_error("the server does not listen");
      continue;
    }
    socket.send(request);
    char bytes[4096];
    if (recv(socket.number(), bytes, sizeof bytes, 0) < 12 || std::memcmp(bytes, "HTTP/1.", 7) != 0) {
      throw std::runtime_error("no answer");
    }
    return;
  }
}

cpu_set_t only(uint64_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return set;
}

} // namespace

void run_start(std::span<char*> arguments) {
  if (arguments.size() < 5) throw std::invalid_argument("start IP PORT SERVER-CPU CLIENT-CPU COMMAND...");
  Server server = server_of(arguments[0], arguments[1]);
  cpu_set_t theirs = only(number_of(arguments[2]));
  cpu_set_t ours = only(number_of(arguments[3]));
  std::string request = request_for("/");
  if (Socket(true).connect(server)) throw std::runtime_error("somebody listens there already");
  sched_setaffinity(0, sizeof ours, &ours);
  Clock::time_point begin;
  pid_t child = spawn(&arguments[4], theirs, begin); // argv ends with a null pointer
  try {
    first_answer(child, server, request, begin);
  } catch (...) {
    end(child);
    throw;
  }
  auto time = std::chrono::nanoseconds(Clock::now() - begin);
  end(child);
  std::cout << time.count() << std::endl;
}

} // namespace hold
