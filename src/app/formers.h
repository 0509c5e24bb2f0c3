// SPDX-License-Identifier: MIT
#pragma once
// Retired worker processes that still serve downloads.

#include <cstdint>
#include <span>

namespace minhttp::app {

// A process that retired even before the former process of its worker did.
struct Older {
  int process = 0; // 0: the place is free
  uint32_t id = 0; // ids ascend over all worker processes: a lower one is older
  uint32_t number = 0;
  bool killed = false;
};

// The place for another process: a free one, or that of the oldest process. olders: not empty.
inline Older& place_for_another(std::span<Older> olders) {
  Older* place = &olders[0];
  for (Older& older : olders) {
    if (older.process == 0) return older;
    if (older.id < place->id) place = &older;
  }
  return *place;
}

} // namespace minhttp::app
