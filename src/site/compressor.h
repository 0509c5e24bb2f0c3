// SPDX-License-Identifier: MIT
#pragma once
// Gzipped copies of files that have no compressed sibling. Each is made once, when a file is asked for the second time,
// and belongs to the file's cache entry: it goes when the file changes, or makes room. A small file is compressed while
// its request waits, as far as the turn's budget goes; others wait in a queue, and until their copy is made they are
// sent as they are. One encoder, one slice of bounded work in each turn of the loop.

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
  // encoder: needs no constructor. out: the longest copy.
  Compressor(Cache& cache, gzip::Encoder& encoder, std::span<char> out) : cache_(cache), encoder_(encoder), out_(out) {}

  // A client asks for the file of an entry that has no copy yet, and may have one. Whether it has one now.
  bool ask(CacheEntry& entry, const IpAddress& client);

  // Somebody waits for the encoder.
  bool busy() const { return busy_; }

  // A turn of the loop: computes a slice.
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
  Source current_; // the file that is compressed
  uint64_t read_ = 0;
  bool busy_ = false; // there is a current one, or somebody waits
  uint32_t turn_left_ = limits::compress_turn_work;
  size_t first_ = 0; // of the queue, a ring
  size_t waiting_ = 0;
  std::array<Waiting, limits::compress_queue> queue_;
};

} // namespace minhttp::site
