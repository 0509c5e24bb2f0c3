// SPDX-License-Identifier: MIT
#pragma once
// The same question gets the same answer: a request head that was answered from the cache a
// moment ago, byte for byte, needs no parsing, no look-up and no new head. What an answer
// depends on is the bytes of the request, the second (Date), the file as it was last looked at,
// and the rules; so an answer stands until the second ends, a file is due to be looked at
// again, or the rules are read anew. What depends on anything else (passwords, addresses, the
// last answer of a connection) is never noted.

#include <cstdint>
#include <span>
#include <string_view>

#include "http/status.h"
#include "site/cache.h"
#include "tables/limits.h"

namespace minhttp::serve {

struct MemoEntry {
  uint32_t request_size; // 0: nothing is noted here
  uint32_t head_size;
  uint32_t line_size;  // of the request, for the log
  uint32_t generation; // of the sites
  int64_t until_ms;    // monotonic
  int64_t second;      // since 1970
  site::CacheEntry* file;
  uint32_t serial;     // of the file's entry: another number, another file
  uint64_t body_bytes; // 0: none follows, as after HEAD and in a 304
  http::Status status;
  bool close; // as the request has asked for
  bool copy;  // the body is the compressed copy of the file
  char request[limits::memo_request_max];
  char head[limits::memo_head_max];

  std::string_view head_view() const { return {head, head_size}; }
};

// When, and under which rules.
struct Moment {
  int64_t now_ms;
  int64_t second;
  uint32_t generation;
};

static_assert(sizeof(MemoEntry) <= 2048);

class Memo {
 public:
  // entries: zeroes; a power of two, or none. seed: not known to clients.
  Memo(std::span<MemoEntry> entries, uint64_t seed) : entries_(entries), seed_(seed) {}

  // What stands for the request that input begins with; null: nothing.
  MemoEntry* find(std::string_view input, const Moment& moment);

  // The place for the answer to a request: the head that input begins with, of so many bytes.
  // What stood there is forgotten. Null: it is too long to be noted.
  MemoEntry* place(std::string_view input, size_t request_size, size_t head_size);

 private:
  MemoEntry& entry_for(std::string_view input);

  std::span<MemoEntry> entries_;
  uint64_t seed_;
};

} // namespace minhttp::serve
