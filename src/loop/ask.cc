// SPDX-License-Identifier: MIT
#include "loop/ask.h"

#include "base/bytes.h"
#include "base/number.h"
#include "sys/net.h"
#include "sys/time.h"
#include "tables/limits.h"

namespace minhttp::loop {
namespace {

int64_t clock_ms() { return sys::clock_ns(sys::abi::clock_monotonic) / 1'000'000; }

// The next call on the socket must be done by the deadline.
Result<> set_deadline(int socket, int64_t deadline_ms) {
  int64_t left_ms = deadline_ms - clock_ms();
  if (left_ms <= 0) return Errno::ETIMEDOUT_;
  TRY(sys::set_timeout(socket, SO_RCVTIMEO_OLD, static_cast<uint32_t>(left_ms)));
  return sys::set_timeout(socket, SO_SNDTIMEO_OLD, static_cast<uint32_t>(left_ms));
}

// Reads the status line, or as much as there is of it; returns the bytes that were read.
Result<size_t> exchange(int family, const void* address, size_t size, std::string_view request,
                        std::span<char> answer) {
  int64_t deadline_ms = clock_ms() + limits::healthcheck_ms;
  sys::Fd socket(TRY(sys::socket(family, 0)));
  TRY(set_deadline(socket.number(), deadline_ms));
  TRY(sys::connect(socket.number(), address, size));
  TRY(set_deadline(socket.number(), deadline_ms));
  TRY(sys::send(socket.number(), request, 0)); // a new connection's buffer takes all of it
  size_t used = 0;
  while (used < answer.size() && find({answer.data(), used}, '\n') == used) {
    TRY(set_deadline(socket.number(), deadline_ms));
    size_t more = TRY(sys::recv(socket.number(), answer.data() + used, answer.size() - used));
    if (more == 0) break;
    used += more;
  }
  return used;
}

bool is_late(Errno error) {
  return error == Errno::EAGAIN_ || error == Errno::EINPROGRESS_ || error == Errno::ETIMEDOUT_;
}

} // namespace

uint32_t status_of(std::string_view answer) {
  constexpr std::string_view example = "HTTP/1.1 200 "sv;
  if (!starts_with(answer, "HTTP/1.") || answer.size() < example.size()) return 0;
  char behind = answer[example.size() - 1];
  if (answer[8] != ' ' || (behind != ' ' && behind != '\r' && behind != '\n')) return 0;
  auto status = parse_decimal(take(drop(answer, 9), 3));
  return status && *status >= 100 ? static_cast<uint32_t>(*status) : 0;
}

Asked ask(int family, const void* address, size_t size, std::string_view request) {
  char memory[limits::status_line_max];
  auto answer = exchange(family, address, size, request, memory);
  if (answer.ok()) return {.status = status_of({memory, answer.value()})};
  return {.error = is_late(answer.error()) ? Errno::ETIMEDOUT_ : answer.error(), .failed = true};
}

} // namespace minhttp::loop
