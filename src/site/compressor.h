// SPDX-License-Identifier: MIT
#pragma once
// Gzip copies of files that have no compressed sibling. A copy is made once, when a file is requested for the second
// time, and belongs to the file's cache entry: it goes when the file changes or is evicted. A small file is compressed
// while its request waits, within the turn's budget. Other files wait in a queue, and are sent uncompressed until their
// copy is made. There is one encoder, which does one slice of bounded work in each turn of the loop.

#include <array>
#include <cstdint>
#include <span>

#include "base/ip.h"
#include "gzip/encoder.h"
#include "site/cache.h"
#include "tables/limits.h"

namespace minhttp::site {

class Compressor {
 public:
  // encoder: needs no constructor. out: as large as the longest copy.
  Compressor(Cache& cache, gzip::Encoder& encoder, std::span<char> out) : cache_(cache), encoder_(encoder), out_(out) {}

  // A client requests the file of an entry, which may get a copy. True: the copy is made. False: it is not, and
  // entry.copy says whether there may be one later (untried, waiting) or never (none).
  bool ask(CacheEntry& entry, const IpAddress& client);

  // Whether a file is being compressed, or waits.
  bool busy() const { return busy_; }

  // How many files were compressed, ever: copies that were kept, and those that were not.
  uint64_t kept() const { return kept_; }
  uint64_t dropped() const { return dropped_; }

  // Once a turn of the loop: computes a slice.
  void turn() {
    turn_left_ = limits::compress_turn_work;
    if (busy_) compute_slice();
  }

 private:
  struct Waiting {
    Source file;
    IpAddress client = {};
  };

  void compute_slice();
  void begin(Source file);
  void work(uint32_t budget);
  bool feed();
  void finish(bool fits);
  void give_up();
  void end();
  void enqueue(CacheEntry& entry, const IpAddress& client);

  Cache& cache_;
  gzip::Encoder& encoder_;
  std::span<char> out_;
  Source current_; // the file that is being compressed
  uint64_t read_ = 0;
  uint64_t kept_ = 0;
  uint64_t dropped_ = 0;
  bool busy_ = false; // current_ is open, or the queue is not empty
  uint32_t turn_left_ = limits::compress_turn_work;
  size_t first_ = 0; // index of the first in the queue, a ring
  size_t waiting_ = 0;
  std::array<Waiting, limits::compress_queue> queue_;
};

} // namespace minhttp::site
