// SPDX-License-Identifier: MIT
// New clients, one after the other: each connects, asks once, reads the answer and the end.

#include <sys/socket.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "client.h"
#include "hold.h"

namespace hold {

void run_visit(std::span<char*> arguments) {
  if (arguments.size() != 3) throw std::invalid_argument("visit IP PORT COUNT");
  Server server = server_of(arguments[0], arguments[1]);
  std::string request = request_for("/", true);
  std::vector<int64_t> times(number_of(arguments[2]));
  for (int64_t& time : times) {
    auto begin = Clock::now();
    Socket socket(false);
    if (!socket.connect(server)) throw std::runtime_error("refused");
    ask(socket, request);
    char byte;
    if (recv(socket.number(), &byte, 1, 0) != 0) throw std::runtime_error("no end after Connection: close");
    time = std::chrono::nanoseconds(Clock::now() - begin).count();
  }
  std::sort(times.begin(), times.end());
  auto at = [&](size_t percent) { return static_cast<double>(times[(times.size() - 1) * percent / 100]) / 1000; };
  std::cout << "{\"count\": " << times.size() << ", \"p50_us\": " << at(50) << ", \"p99_us\": " << at(99)
            << ", \"max_us\": " << at(100) << "}" << std::endl;
}

} // namespace hold
