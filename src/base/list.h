// SPDX-License-Identifier: MIT
#pragma once
// A doubly linked list of entries of an array. The links lie in the entries, so adding and removing one costs the same
// however long the list is, and allocates nothing.

#include <cstdint>
#include <span>

#include "base/pool.h"

namespace minhttp {

// Indices of the array, or Pool::none. What they say of an entry that is in no list does not matter.
struct Links {
  uint32_t next;
  uint32_t previous;
};

struct List {
  uint32_t front = Pool::none;
  uint32_t back = Pool::none;
  uint32_t count = 0;

  bool empty() const { return front == Pool::none; }

  // The entry must be in no list that uses the same links.
  template <typename Entry>
  void append(std::span<Entry> entries, Links Entry::*links, uint32_t index) {
    entries[index].*links = {.next = Pool::none, .previous = back};
    (empty() ? front : (entries[back].*links).next) = index;
    back = index;
    count++;
  }

  // The entry must be in this list.
  template <typename Entry>
  void remove(std::span<Entry> entries, Links Entry::*links, uint32_t index) {
    auto [next, previous] = entries[index].*links;
    (previous == Pool::none ? front : (entries[previous].*links).next) = next;
    (next == Pool::none ? back : (entries[next].*links).previous) = previous;
    count--;
  }
};

} // namespace minhttp
