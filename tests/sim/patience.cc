// SPDX-License-Identifier: MIT
#include "sim/patience.h"

#include <algorithm>

#include "tables/limits.h"

namespace minhttp::sim {
namespace {

constexpr int64_t slack_ms = 3'000; // for pauses of accepting, and delays by faults

} // namespace

std::string judge_patience(const Client& client) {
  const Wire* wire = client.wire();
  if (wire == nullptr || wire->gone_ns == 0 || wire->client_left_ns != 0) return {};
  const std::string sent = client.sent();
  int64_t limit_ms = std::max(limits::idle_ms, std::max(limits::body_ms, limits::send_ms));
  bool in_first_head = sent.find("\r\n\r\n") == sent.npos && sent.find("\n\n") == sent.npos;
  if (in_first_head && client.received().empty()) limit_ms = limits::head_ms;
  // Streams have their deadline first, what is sent about them another one, and then the idle connection has its own.
  if (client.talk() != nullptr) limit_ms += 2 * limits::send_ms;
  limit_ms += limits::linger_ms + slack_ms;
  int64_t waited_ms = (wire->gone_ns - client.acted_ns()) / 1'000'000;
  if (waited_ms <= limit_ms) return {};
  return "it was waited for " + std::to_string(waited_ms) + " ms, and the limit is " + std::to_string(limit_ms);
}

} // namespace minhttp::sim
