// SPDX-License-Identifier: MIT
#pragma once
// Digests of files that were hashed, by what the system says of each: device, inode, size, times. A fixed number of
// entries; when all are taken, the oldest one makes room. Only as much memory is touched as there are entries: with
// each of them the table gets another bucket, which takes its part of one that was there (linear hashing; Litwin,
// 1980).

#include <cstdint>
#include <span>

#include "crypto/content_hash.h"

namespace minhttp::site {

// Memory full of zeros is an empty bucket.
struct TagEntry {
  Digest version; // of a file, as version_of() in tags.h
  Digest content;
  uint32_t next;  // in the entry's bucket; as all numbers here one more than it is, so that 0 is none
  uint32_t first; // of the bucket that has this entry's number
};
static_assert(sizeof(TagEntry) == 40, "docs/limits.md says what a file takes");

class TagTable {
 public:
  // entries: zeroes, one at least.
  explicit TagTable(std::span<TagEntry> entries) : entries_(entries) {}

  // Null: it is not known.
  const Digest* find(const Digest& version) const;

  // version: one that is not known.
  void note(const Digest& version, const Digest& content);

  uint32_t size() const { return used_; }

 private:
  uint32_t bucket_of(const Digest& version) const;
  void link(uint32_t number);
  void unlink(uint32_t number);
  void split_for(uint32_t bucket);

  std::span<TagEntry> entries_;
  uint32_t used_ = 0;
  uint32_t oldest_ = 0; // when all are taken
};

} // namespace minhttp::site
