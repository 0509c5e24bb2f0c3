// SPDX-License-Identifier: MIT
#include "tls/heap.h"

#include "base/check.h"

namespace minhttp::tls {
namespace {

// Bytes of small blocks. From 1 KiB on they divide what a page has beside its head.
constexpr uint16_t sizes[] = {16,  32,  48,  64,  80,  96,  112, 128, 160,  192,  224,
                              256, 320, 384, 448, 512, 640, 768, 896, 1008, 1344, 2032};
constexpr uint16_t of_run = 0x8000; // in kinds_: the first page of a run of so many
constexpr uint16_t run_max = 0x7fff;

} // namespace

struct Heap::Shared {
  uint32_t next; // page with a free block of the same size
  uint32_t previous;
  uint16_t used;  // blocks
  uint16_t first; // offset of the first block that was given back, 0: none
  uint16_t fresh; // offset from where on no block was ever taken
  uint16_t kind;
};

namespace {

constexpr size_t head = 32;

uint16_t& link_of(char* block) { return *reinterpret_cast<uint16_t*>(block); }

} // namespace

void Heap::begin(std::span<char> memory, std::span<char> books) {
  static_assert(sizeof sizes / sizeof sizes[0] == size_classes && sizeof(Shared) <= head);
  memory_ = memory.data();
  pages_ = memory.size() / page;
  CHECK(books.size() >= books_for(memory.size()) && pages_ < none);
  size_t words = pages_ / 64 + 1;
  free_ = reinterpret_cast<uint64_t*>(books.data());
  kinds_ = reinterpret_cast<uint16_t*>(books.data() + words * sizeof(uint64_t));
  for (uint32_t& first : partial_) first = none;
  for (size_t i = 0; i < pages_; i++) free_[i / 64] |= uint64_t{1} << i % 64;
  low_ = 0;
  high_ = words - 1;
}

size_t Heap::class_of(size_t bytes) {
  size_t kind = 0;
  if (bytes > 128) kind = 7;
  while (kind < size_classes && sizes[kind] < bytes) kind++;
  return kind;
}

Heap::Shared& Heap::shared_at(uint32_t number) { return *reinterpret_cast<Shared*>(memory_ + number * page); }

uint32_t Heap::number_of(const void* block) const {
  auto offset = static_cast<size_t>(static_cast<const char*>(block) - memory_);
  CHECK(offset < pages_ * page);
  return static_cast<uint32_t>(offset / page);
}

void* Heap::take(size_t bytes) {
  void* block = nullptr;
  if (size_t kind = class_of(bytes); kind < size_classes) {
    block = take_small(kind);
  } else if (bytes <= size_t{run_max} * page) {
    auto count = static_cast<uint32_t>((bytes + page - 1) / page);
    uint32_t first = count == 1 ? take_page() : take_run(count);
    if (first != none) {
      kinds_[first] = static_cast<uint16_t>(of_run | count);
      block = memory_ + first * page;
    }
  }
  if (block == nullptr) refusals_++;
  return block;
}

void Heap::give_back(void* block) {
  uint32_t number = number_of(block);
  uint16_t kind = kinds_[number];
  if ((kind & of_run) == 0) return give_back_small(number, block);
  CHECK(block == memory_ + number * page);
  kinds_[number] = 0;
  mark(number, kind & run_max, true);
}

size_t Heap::size_of(const void* block) const {
  uint16_t kind = kinds_[number_of(block)];
  return (kind & of_run) != 0 ? size_t{kind} % of_run * page : sizes[kind];
}

void* Heap::take_small(size_t kind) {
  uint32_t number = partial_[kind];
  if (number == none) {
    number = take_page();
    if (number == none) return nullptr;
    kinds_[number] = static_cast<uint16_t>(kind);
    shared_at(number) = {.next = none, .previous = none, .used = 0, .first = 0, .fresh = head, .kind = kinds_[number]};
    link(number, kind);
  }
  Shared& shared = shared_at(number);
  char* base = memory_ + number * page;
  char* block = base + shared.fresh;
  if (shared.first != 0) {
    block = base + shared.first;
    shared.first = link_of(block);
  } else {
    shared.fresh = static_cast<uint16_t>(shared.fresh + sizes[kind]);
  }
  shared.used++;
  if (shared.first == 0 && shared.fresh + size_t{sizes[kind]} > page) unlink(number, kind);
  return block;
}

void Heap::give_back_small(uint32_t number, void* block) {
  Shared& shared = shared_at(number);
  size_t kind = shared.kind;
  CHECK(shared.used > 0 && kind < size_classes);
  bool was_full = shared.first == 0 && shared.fresh + size_t{sizes[kind]} > page;
  auto* bytes = static_cast<char*>(block);
  link_of(bytes) = shared.first;
  shared.first = static_cast<uint16_t>(bytes - (memory_ + number * page));
  shared.used--;
  if (was_full) link(number, kind);
  if (shared.used > 0) return;
  unlink(number, kind);
  mark(number, 1, true);
}

uint32_t Heap::take_page() {
  size_t words = pages_ / 64 + 1;
  while (low_ < words && free_[low_] == 0) low_++;
  if (low_ == words) return none;
  auto number = static_cast<uint32_t>(low_ * 64 + static_cast<size_t>(__builtin_ctzll(free_[low_])));
  mark(number, 1, false);
  return number;
}

// The last pages that are free and follow each other.
uint32_t Heap::take_run(uint32_t count) {
  while (high_ > 0 && free_[high_] == 0) high_--;
  uint32_t found = 0;
  for (size_t at = high_ * 64 + 64; at-- > 0;) {
    uint64_t word = free_[at / 64];
    if (word == 0 && at % 64 == 63) {
      found = 0;
      at -= 63;
      continue;
    }
    found = (word >> at % 64 & 1) != 0 ? found + 1 : 0;
    if (found < count) continue;
    mark(static_cast<uint32_t>(at), count, false);
    return static_cast<uint32_t>(at);
  }
  return none;
}

void Heap::mark(uint32_t first, uint32_t count, bool is_free) {
  for (uint32_t i = first; i < first + count; i++) {
    uint64_t bit = uint64_t{1} << i % 64;
    CHECK(((free_[i / 64] & bit) != 0) != is_free);
    free_[i / 64] ^= bit;
  }
  if (is_free) {
    used_ -= count;
    if (first / 64 < low_) low_ = first / 64;
    size_t last = (size_t{first} + count - 1) / 64;
    if (last > high_) high_ = last;
  } else {
    used_ += count;
    if (used_ > peak_) peak_ = used_;
  }
}

void Heap::link(uint32_t number, size_t kind) {
  Shared& shared = shared_at(number);
  shared.next = partial_[kind];
  shared.previous = none;
  if (shared.next != none) shared_at(shared.next).previous = number;
  partial_[kind] = number;
}

void Heap::unlink(uint32_t number, size_t kind) {
  Shared& shared = shared_at(number);
  (shared.previous == none ? partial_[kind] : shared_at(shared.previous).next) = shared.next;
  if (shared.next != none) shared_at(shared.next).previous = shared.previous;
}

} // namespace minhttp::tls
