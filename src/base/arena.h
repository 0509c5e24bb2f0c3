// SPDX-License-Identifier: MIT
#pragma once
// The one block of memory, divided into arrays at start. Nothing is ever given back.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace minhttp {

class Arena {
 public:
  // memory: zeroed, aligned to a page, and never freed.
  explicit Arena(std::span<std::byte> memory) : memory_(memory) {}

  // The most bytes that take<T>(count) uses.
  template <typename T>
  static constexpr size_t cost(size_t count) {
    return sizeof(T) * count + alignof(T);
  }

  // count zeroed objects of T. The caller has added up the cost of all arrays before. T's constructors do not run, so
  // that pages which are never used are never touched.
  template <typename T>
  std::span<T> take(size_t count, size_t alignment = alignof(T)) {
    size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    CHECK(start <= memory_.size() && sizeof(T) * count <= memory_.size() - start);
    used_ = start + sizeof(T) * count;
    return {reinterpret_cast<T*>(memory_.data() + start), count};
  }

  // size bytes from a multiple of size on, which belong to no array: for pages that must not be touched. size: a power
  // of two.
  std::span<std::byte> fence(size_t size) { return take<std::byte>(size, size); }

  // The most bytes that fence(size) uses.
  static constexpr size_t fence_cost(size_t size) { return 2 * size; }

  size_t left() const { return memory_.size() - used_; }

 private:
  std::span<std::byte> memory_;
  size_t used_ = 0;
};

} // namespace minhttp
