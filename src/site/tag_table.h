// SPDX-License-Identifier: MIT
#pragma once
// Digests of files that were hashed, keyed by device, inode, size and times. The number of entries is fixed; when all
// are taken, the oldest one is replaced. Memory is touched only as entries are added: each new entry adds a bucket,
// which takes over a part of an earlier one (linear hashing; Litwin, 1980).

#include <cstdint>
#include <span>

#include "crypto/content_hash.h"

namespace minhttp::site {

// All zero: an empty bucket.
struct TagEntry {
  Digest version; // of a file, see version_of() in tags.h
  Digest content;
  uint32_t next;  // in the bucket's list; index + 1, as all numbers here, so that 0 means none
  uint32_t first; // head of the list of the bucket that has this entry's index
};
static_assert(sizeof(TagEntry) == 40, "docs/limits.md says what a file takes");

class TagTable {
 public:
  // entries: zeroed, at least one.
  explicit TagTable(std::span<TagEntry> entries) : entries_(entries) {}

  // Null: there is no entry of that version.
  const Digest* find(const Digest& version) const;

  // version: must not be in the table yet.
  void note(const Digest& version, const Digest& content);

  uint32_t size() const { return used_; }

 private:
  uint32_t bucket_of(const Digest& version) const;
  void link(uint32_t number);
  void unlink(uint32_t number);
  void split_for(uint32_t bucket);

  std::span<TagEntry> entries_;
  uint32_t used_ = 0;
  uint32_t oldest_ = 0; // the entry to replace next, once all are taken
};

} // namespace minhttp::site
