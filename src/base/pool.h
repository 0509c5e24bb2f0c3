// SPDX-License-Identifier: MIT
#pragma once
// A fixed number of numbered places, taken and given back in constant time. The entries of places that were never taken
// are not touched: a pool of 16,384 slots only costs what is in use.

#include <cstdint>
#include <span>

#include "base/check.h"

namespace minhttp {

class Pool {
 public:
  static constexpr uint32_t none = UINT32_MAX;

  // free: one entry for each place; its contents do not matter.
  explicit Pool(std::span<uint32_t> free) : free_(free) {}

  // The place that was given back last (its memory is warm), else one that was never taken, else none.
  uint32_t take() {
    if (returned_ > 0) {
      taken_++;
      return free_[--returned_];
    }
    if (fresh_ < free_.size()) {
      taken_++;
      return fresh_++;
    }
    return none;
  }

  void give_back(uint32_t place) {
    CHECK(place < fresh_ && taken_ > 0);
    taken_--;
    free_[returned_++] = place;
  }

  uint32_t taken() const { return taken_; }
  uint32_t ever_taken() const { return fresh_; } // the places in front of this one were taken at least once
  uint32_t size() const { return static_cast<uint32_t>(free_.size()); }

 private:
  std::span<uint32_t> free_;
  uint32_t returned_ = 0;
  uint32_t fresh_ = 0;
  uint32_t taken_ = 0;
};

} // namespace minhttp
