// SPDX-License-Identifier: MIT
#pragma once
// Processes that have made way for others and still have downloads.

#include <cstdint>
#include <span>

namespace minhttp::app {

// One that made way before the former one of its worker did.
struct Older {
  int process = 0; // 0: the place is free
  uint32_t id = 0; // of all workers that were ever made, so a lower one is older
  uint32_t number = 0;
  bool killed = false;
};

// Where another one may stand: a free place, or that of the oldest. olders: not empty.
inline Older& place_for_another(std::span<Older> olders) {
  Older* place = &olders[0];
  for (Older& older : olders) {
    if (older.process == 0) return older;
    if (older.id < place->id) place = &older;
  }
  return *place;
}

} // namespace minhttp::app
