// SPDX-License-Identifier: MIT
#pragma once
// OpenSSL's memory: blocks of any size in one piece that is mapped at start. Small blocks of the same size share a
// page; larger ones take whole pages. Single pages come from the front, runs of pages from the back, so that the former
// do not cut up the room for the latter. A page whose last block is given back is free for any use.

#include <cstddef>
#include <cstdint>
#include <span>

namespace minhttp::tls {

class Heap {
 public:
  static constexpr size_t page = 4096;
  static constexpr size_t alignment = 16;

  // Bytes for the bookkeeping of so many bytes of memory, a multiple of `page`.
  static constexpr size_t books_for(size_t bytes) {
    size_t pages = bytes / page;
    return ((pages / 64 + 1) * sizeof(uint64_t) + pages * sizeof(uint16_t) + page - 1) / page * page;
  }

  // memory: whole pages, aligned to one; what is left of a page at its end is not used. books: books_for() zeroes,
  // aligned as memory is.
  void begin(std::span<char> memory, std::span<char> books);

  // A block that is aligned to `alignment`; its contents do not matter. Null: there is no room for it.
  void* take(size_t bytes);
  // block: from take(), and given back only once.
  void give_back(void* block);
  // The bytes that a block can hold: at least what was asked for.
  size_t size_of(const void* block) const;

  size_t free_bytes() const { return (pages_ - used_) * page; } // of whole pages
  size_t used_bytes() const { return used_ * page; }
  size_t peak_bytes() const { return peak_ * page; } // the most that were used at the same time
  uint32_t refusals() const { return refusals_; }    // how often take() has returned null

 private:
  static constexpr size_t size_classes = 22;
  static constexpr uint32_t none = UINT32_MAX;
  struct Shared; // the head of a page that small blocks share

  static size_t class_of(size_t bytes);
  Shared& shared_at(uint32_t number);
  uint32_t number_of(const void* block) const;
  void* take_small(size_t kind);
  void give_back_small(uint32_t number, void* block);
  uint32_t take_page();
  uint32_t take_run(uint32_t count);
  void mark(uint32_t first, uint32_t count, bool is_free);
  void link(uint32_t number, size_t kind);
  void unlink(uint32_t number, size_t kind);

  char* memory_ = nullptr;
  uint64_t* free_ = nullptr;  // a bit for each page
  uint16_t* kinds_ = nullptr; // of each page in use: of small blocks, or how many pages a run has
  size_t pages_ = 0;
  size_t used_ = 0;
  size_t peak_ = 0;
  size_t low_ = 0;  // no page in front of this word is free
  size_t high_ = 0; // and none behind this one
  uint32_t refusals_ = 0;
  uint32_t partial_[size_classes] = {}; // the first page of each size that has a free block
};

} // namespace minhttp::tls
