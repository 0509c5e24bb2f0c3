// SPDX-License-Identifier: MIT
#pragma once
// Where the bytes of a body come from: an open file, or memory of the cache. Whoever has one
// keeps the bytes, or the descriptor, in place until it lets go.

#include <cstdint>
#include <span>

#include "sys/fd.h"

namespace minhttp::site {

struct CacheEntry;

class Source {
 public:
  Source() = default;
  explicit Source(sys::Fd file) : own_(static_cast<sys::Fd&&>(file)) {}
  // Is the entry's until it is closed. copy: its compressed copy, which there is.
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

  CacheEntry* cached() const { return entry_; } // null: it is ours alone
  bool is_copy() const { return copy_; }
  bool open() const { return own_.open() || entry_ != nullptr; }
  // The whole of it, where it is in memory; else null.
  const char* memory() const;
  // The file, where it is not.
  int file() const;
  // The bytes from offset on, where the cache has a descriptor and not the bytes: one call, where sendfile would be a
  // second one behind that of the head. False: it has not, or the file is shorter now.
  bool read(uint64_t offset, std::span<char> to) const;

  // It is not what it was: whoever asks next looks for himself.
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
