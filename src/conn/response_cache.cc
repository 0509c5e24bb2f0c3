// SPDX-License-Identifier: MIT
#include "conn/response_cache.h"

#include "base/bytes.h"

namespace minhttp::conn {

// Chosen by the request line and the number of input bytes. Usually the input is exactly one head, and two browsers
// that ask for the same page send heads of different lengths. A client gains nothing by requests that fall into one
// entry: they are misses, and cost what the misses of other clients cost.
CachedResponse& ResponseCache::entry_for(std::string_view input) {
  constexpr uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio
  constexpr uint64_t ones = 0x0101010101010101;
  uint64_t hash = seed_ ^ input.size() * odd;
  size_t most = input.size() < limits::replay_hashed_max ? input.size() : limits::replay_hashed_max;
  for (size_t i = 0; i + 8 <= most; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, input.data() + i, 8);
    hash = (hash ^ word) * odd;
    hash ^= hash >> 32;
    uint64_t zero_at_line_end = word ^ ones * '\r';
    if (((zero_at_line_end - ones) & ~zero_at_line_end & ones * 0x80) != 0) break;
  }
  return entries_[hash & (entries_.size() - 1)];
}

CachedResponse* ResponseCache::prepare(std::string_view input, size_t request_size, size_t head_size) {
  if (entries_.empty() || request_size > limits::replay_request_max || head_size > limits::replay_head_max)
    return nullptr;
  CachedResponse& entry = entry_for(input);
  entry.request_size = static_cast<uint32_t>(request_size);
  entry.head_size = static_cast<uint32_t>(head_size);
  __builtin_memcpy(entry.request, input.data(), request_size);
  return &entry;
}

} // namespace minhttp::conn
