// SPDX-License-Identifier: MIT
#pragma once
// The digests of which entity tags are made: one of each file's content, computed once for each version of the file.
// Small files are hashed from memory (Files::tag in files_tag.cc). Others are read for it, a bounded number of bytes in
// each turn of the loop: up to limits::tag_read_max within the request, larger ones in the background.

#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "site/found.h"
#include "site/tag_table.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "tables/limits.h"

namespace minhttp::site {

http::Validators validators_of(const struct statx& facts);
Change change_of(const struct statx& facts);

// Equal versions mean the same file, unchanged, unless it was changed twice within one step of the file system's clock.
Digest version_of(const http::Validators& validators, const Change& change);

struct TagMemory {
  std::span<TagEntry> entries; // zeroed
  std::span<char> buffer;      // limits::tag_buffer_bytes
};

class Tags {
 public:
  explicit Tags(const TagMemory& memory) : table_(memory.entries), buffer_(memory.buffer) {}

  TagTable& table() { return table_; }

  // Whether so many bytes, at most tag_read_max, may be read in this turn; if so, they are charged to it. False: try
  // again in one of the next turns.
  bool may_read(uint64_t size);

  // Computes the digest of a whole file of this version. False: the file has changed.
  Result<bool> read(int file, uint64_t size, const Digest& version, Digest& content);

  // Whether begin() may be called for that version: it is not being hashed, and there is a place.
  bool takes(const Digest& version) const;

  // Hashes the file in slices, as long as it has that version. When all is read, the table gets the digest.
  void begin(sys::Fd file, uint64_t size, const Digest& version);

  // Whether files are being hashed.
  bool busy() const { return under_way_ > 0; }

  // Called once a turn of the loop if wants_turn(): hashes a slice of one file. The loop must not block before it.
  bool wants_turn() const { return wants_turn_; }
  void turn();

 private:
  struct Job {
    sys::Fd file; // closed: the place is free
    Digest version;
    uint64_t size = 0;
    uint64_t offset = 0;
    ContentHash hash;
  };

  void advance();
  Result<bool> feed(ContentHash& hash, int file, uint64_t& offset, uint64_t until);

  TagTable table_;
  std::span<char> buffer_;
  uint64_t left_ = limits::tag_read_max; // bytes that may still be read in this turn
  bool wants_turn_ = false;
  uint32_t under_way_ = 0;
  uint32_t last_ = 0; // the place that had its slice last
  std::array<Job, limits::tags_under_way> jobs_;
};

} // namespace minhttp::site
