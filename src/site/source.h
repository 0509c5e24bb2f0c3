// SPDX-License-Identifier: MIT
#pragma once
// The source of a body's bytes: an open file, memory of the cache, or a pack. While a Source is open, its bytes or its
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
  // Bytes that stay where they are until the process ends, and never change: those of a pack.
  explicit Source(const char* fixed) : kind_(Kind::fixed), fixed_(fixed) {}
  Source(Source&& other) noexcept : own_(static_cast<sys::Fd&&>(other.own_)) { take(other); }
  Source& operator=(Source&& other) noexcept {
    if (this != &other) {
      close();
      own_ = static_cast<sys::Fd&&>(other.own_);
      take(other);
    }
    return *this;
  }
  ~Source() { close(); }

  CacheEntry* cached() const { return is_entry() ? entry_ : nullptr; } // null: it is of no entry of the cache
  bool is_fixed() const { return kind_ == Kind::fixed; }
  bool is_copy() const { return kind_ == Kind::copy; }
  bool open() const { return own_.open() || kind_ != Kind::file; }
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
    if (is_entry()) let_go();
    kind_ = Kind::file;
  }

 private:
  enum class Kind : uint8_t { file, entry, copy, fixed };

  bool is_entry() const { return kind_ == Kind::entry || kind_ == Kind::copy; }
  void let_go();
  void take(Source& other) {
    kind_ = other.kind_;
    entry_ = other.entry_; // whichever of the two it is
    other.kind_ = Kind::file;
  }

  sys::Fd own_;
  Kind kind_ = Kind::file;
  union {
    CacheEntry* entry_ = nullptr;
    const char* fixed_;
  };
};

} // namespace minhttp::site
