// SPDX-License-Identifier: MIT
#pragma once
// What entity tags are made of: a digest of each file's content, computed once for each of its versions. Small files
// are hashed where their bytes are (Files::tag in files_tag.cc); others are read for it, so many bytes a turn of the
// loop: up to limits::tag_read_max within the request, larger ones between requests.

#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "site/body.h"
#include "site/tag_table.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "tables/limits.h"

namespace minhttp::site {

http::Validators validators_of(const struct statx& facts);
Change change_of(const struct statx& facts);

// Two that are equal are of the same file, unchanged, unless it was changed twice within one step of the file system's
// clock.
Digest version_of(const http::Validators& validators, const Change& change);

struct TagMemory {
  std::span<TagEntry> entries; // zeroes
  std::span<char> buffer;      // limits::tag_buffer_bytes
};

class Tags {
 public:
  explicit Tags(const TagMemory& memory) : table_(memory.entries), buffer_(memory.buffer) {}

  TagTable& table() { return table_; }

  // Whether so many bytes, tag_read_max at most, may be read in this turn; then they count as read. Otherwise in one
  // of the next turns.
  bool may_read(uint64_t size);

  // Of a whole file that is of this version. False: it has become another one.
  Result<bool> read(int file, uint64_t size, const Digest& version, Digest& content);

  // Whether begin() may be called for that version: it is not under way, and there is a place.
  bool takes(const Digest& version) const;

  // The file is read in slices, as long as it is of that version. When it is done, the table has its digest.
  void begin(sys::Fd file, uint64_t size, const Digest& version);

  // Some are under way.
  bool busy() const { return under_way_ > 0; }

  // Once a turn of the loop, if it is wanted: reads a slice of one file. The loop does not wait before it.
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
  uint64_t left_ = limits::tag_read_max; // bytes of this turn
  bool wants_turn_ = false;
  uint32_t under_way_ = 0;
  uint32_t last_ = 0; // the place that had its slice last
  std::array<Job, limits::tags_under_way> jobs_;
};

} // namespace minhttp::site
