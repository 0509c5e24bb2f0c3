// SPDX-License-Identifier: MIT
#pragma once
// The source of a body's bytes: an open file, or memory of the cache. While a Source is open, its bytes or its
// descriptor stay in place.

#include <cstdint>
#include <span>

#include "sys/fd.h"

namespace minhttp::site {

struct CacheEntry;

class Source {
 public:
  Source() = default;
  explicit Source(sys::Fd file) : own_(static_cast<sys::Fd&&>(file)) {}
  // An entry without a cache is memory of somebody else, who must not change it while it has users, and has `detached`.
  // Refers to the entry until it is closed. copy: use the compressed copy of the entry, which must exist.
  explicit Source(CacheEntry& entry, bool copy = false);
  Source(Source&& other) noexcept : own_(static_cast<sys::Fd&&>(other.own_)), copy_(other.copy_), entry_(other.entry_) {
    other.entry_ = nullptr;
  }
  Source& operator=(Source&& other) noexcept {
    if (this != &other) {
      close();
      own_ = static_cast<sys::Fd&&>(other.own_);
      copy_ = other.copy_;
      entry_ = other.entry_;
      other.entry_ = nullptr;
    }
    return *this;
  }
  ~Source() { close(); }

  CacheEntry* cached() const { return entry_; } // null: it has its own descriptor
  bool is_copy() const { return copy_; }
  bool open() const { return own_.open() || entry_ != nullptr; }
  // All bytes, if they are in memory; else null.
  const char* memory() const;
  // The descriptor, if the bytes are not in memory.
  int file() const;
  // The bytes from offset on, where the cache has a descriptor and not the bytes: one call, where sendfile would be a
  // second one behind that of the head. False: it has not, or the file is shorter now.
  bool read(uint64_t offset, std::span<char> to) const;
  // The bytes from offset on, wherever they are. False: they cannot be read, or the file is shorter now.
  bool copy(uint64_t offset, std::span<char> to) const;

  // Drops the cache entry because the file has changed; the next request opens the file anew.
  void forget() const;

  void close() {
    own_.close();
    if (entry_ != nullptr) let_go();
  }

 private:
  void let_go();

  sys::Fd own_;
  bool copy_ = false;
  CacheEntry* entry_ = nullptr;
};

} // namespace minhttp::site
