// SPDX-License-Identifier: MIT
#pragma once
// Allocates blocks of a few sizes in one piece of memory, in a bounded number of steps: the buddy system (Knowlton,
// 1965). A block is halved until it fits; when both halves are free again, they are joined.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace minhttp {

class Buddy {
 public:
  static constexpr uint32_t shared = 13;
  static constexpr size_t smallest = 512; // bytes
  static constexpr size_t largest = smallest << (shared - 1);
  // Memory that was never used is cut into pieces of this size, or of a larger one if needed.
  static constexpr uint32_t fresh_order = 5;
  static constexpr size_t fresh_size = smallest << fresh_order;

  // How many entries of `states` this many bytes of memory need.
  static constexpr size_t states_for(size_t bytes) { return bytes / fresh_size * (fresh_size / smallest); }

  // memory: only whole pieces of fresh_size are used. states: states_for() zeroes.
  Buddy(std::span<char> memory, std::span<uint8_t> states) : memory_(memory), states_(states) {
    for (uint32_t& first : free_) first = none;
  }

  // True: there is not enough memory for even one piece.
  bool has_none() const { return states_.empty(); }

  // A block of at least this many bytes, 1 to `largest`. Null: none is left.
  char* take(size_t bytes) {
    uint32_t wanted = 0;
    while (smallest << wanted < bytes) wanted++;
    uint32_t order = wanted;
    while (order < shared && free_[order] == none) order++;
    uint32_t block;
    if (order < shared) {
      block = free_[order];
      unlink(block, order);
    } else { // memory that was never used is touched as late as possible
      order = wanted > fresh_order ? wanted : fresh_order;
      block = (fresh_ + units_of(order) - 1) & ~(units_of(order) - 1);
      if (size_t{block} + units_of(order) > states_.size()) return nullptr;
      free_up_to(block);
      fresh_ = block + units_of(order);
    }
    while (order > wanted) { // keep the first half, free the other
      order--;
      link(block + units_of(order), order);
    }
    states_[block] = static_cast<uint8_t>(used | wanted);
    return address(block);
  }

  // taken: from take(), and given back only once.
  void give_back(char* taken) {
    auto block = static_cast<uint32_t>(static_cast<size_t>(taken - memory_.data()) / smallest);
    CHECK(block < states_.size() && (states_[block] & used) != 0);
    uint32_t order = states_[block] & order_mask;
    states_[block] = 0;
    join(block, order);
  }

 private:
  static constexpr uint32_t none = UINT32_MAX;
  static constexpr uint8_t used = 0x80; // a taken block begins here; a state of 0: no block begins here
  static constexpr uint8_t is_free = 0x40;
  static constexpr uint8_t order_mask = 0x0f;
  struct Links { // in a free block
    uint32_t next;
    uint32_t previous;
  };

  static constexpr uint32_t units_of(uint32_t order) { return 1U << order; }
  char* address(uint32_t block) { return memory_.data() + size_t{block} * smallest; }
  Links& links(uint32_t block) { return *reinterpret_cast<Links*>(address(block)); }

  // Frees the memory that was never used before a block that must begin at a multiple of its size.
  void free_up_to(uint32_t block) {
    while (fresh_ < block) {
      uint32_t order = fresh_order;
      while ((fresh_ & units_of(order)) == 0) order++;
      uint32_t piece = fresh_;
      fresh_ += units_of(order);
      join(piece, order);
    }
  }

  // Frees a block, joined with its free neighbours.
  void join(uint32_t block, uint32_t order) {
    for (; order + 1 < shared; order++) {
      uint32_t other = block ^ units_of(order);
      if (other >= states_.size() || states_[other] != (is_free | order)) break;
      unlink(other, order);
      if (other < block) block = other;
    }
    link(block, order);
  }

  void link(uint32_t block, uint32_t order) {
    states_[block] = static_cast<uint8_t>(is_free | order);
    links(block) = {.next = free_[order], .previous = none};
    if (free_[order] != none) links(free_[order]).previous = block;
    free_[order] = block;
  }
  void unlink(uint32_t block, uint32_t order) {
    states_[block] = 0;
    Links gone = links(block);
    (gone.previous == none ? free_[order] : links(gone.previous).next) = gone.next;
    if (gone.next != none) links(gone.next).previous = gone.previous;
  }

  std::span<char> memory_;
  std::span<uint8_t> states_; // one for each smallest unit
  uint32_t free_[shared];     // the first free block of each size
  uint32_t fresh_ = 0;        // units from here on were never used
};

} // namespace minhttp
