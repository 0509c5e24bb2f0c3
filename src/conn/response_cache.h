// SPDX-License-Identifier: MIT
#pragma once
// Replays responses: a request head that is the same, byte for byte, as one that was answered from the cache of files a
// moment ago needs no parsing, no look-up and no new head. Such a response depends on the bytes of the request, the
// second (Date), the file as it was last looked at, and the rules. So an entry is valid until the second ends, until a
// file is due to be looked at again, or until the rules are read anew. Responses that depend on anything else
// (passwords, addresses, whether it is the last one of a connection) are never stored.

#include <cstdint>
#include <span>
#include <string_view>

#include "http/status.h"
#include "site/cache.h"
#include "tables/limits.h"

namespace minhttp::conn {

struct CachedResponse {
  uint32_t request_size; // 0: the entry is empty
  uint32_t head_size;
  uint32_t line_size;  // of the request line, for the log
  uint32_t generation; // of the sites
  int64_t until_ms;    // monotonic
  int64_t second;      // since 1970
  union {
    site::CacheEntry* file;
    const char* fixed; // where the serial is 0: the file's bytes in a pack
  };
  uint32_t serial;     // of the file's entry in the cache of files; another number: another file
  uint64_t body_bytes; // 0: there is no body, as after HEAD and in a 304
  http::Status status;
  bool close; // the request asked for it
  bool copy;  // the body is the compressed copy of the file
  char request[limits::replay_request_max];
  char head[limits::replay_head_max];

  std::string_view head_view() const { return {head, head_size}; }
  bool is_fixed() const { return serial == 0; }
  bool still_stands() const { return is_fixed() || file->serial == serial; }
  // The body's bytes, if they are in memory; else null.
  const char* memory() const { return is_fixed() ? fixed : copy ? file->copy_memory : file->memory; }
  site::Source source() const { return is_fixed() ? site::Source(fixed) : site::Source(*file, copy); }
};

// The time, and the generation of the sites.
struct Moment {
  int64_t now_ms;
  int64_t second;
  uint32_t generation;
};

static_assert(sizeof(CachedResponse) <= 2048);

class ResponseCache {
 public:
  // entries: zeroed; their number is a power of two, or 0. seed: not known to clients.
  ResponseCache(std::span<CachedResponse> entries, uint64_t seed) : entries_(entries), seed_(seed) {}

  // The entry for the request that input begins with. Null: a miss.
  [[gnu::always_inline]] CachedResponse* find(std::string_view input, const Moment& moment);

  // Prepares the entry for a response; input begins with the request, whose head has request_size bytes. What was in
  // the entry is evicted. Null: a head is too long to be stored.
  CachedResponse* prepare(std::string_view input, size_t request_size, size_t head_size);

 private:
  CachedResponse& entry_for(std::string_view input);

  std::span<CachedResponse> entries_;
  uint64_t seed_;
};

// Here, as every request of HTTP/1 would pay for the call.
inline CachedResponse* ResponseCache::find(std::string_view input, const Moment& moment) {
  if (entries_.empty()) return nullptr;
  CachedResponse& entry = entry_for(input);
  if (entry.request_size == 0 || entry.request_size > input.size()) return nullptr;
  if (moment.now_ms >= entry.until_ms || moment.second != entry.second || moment.generation != entry.generation ||
      !entry.still_stands() || __builtin_memcmp(entry.request, input.data(), entry.request_size) != 0) {
    return nullptr;
  }
  return &entry;
}

} // namespace minhttp::conn
