// SPDX-License-Identifier: MIT
#pragma once
// A number in memory that several processes share. It uses the compiler's builtins, because the standard's atomics may
// need a library, for waiting.

#include <cstdint>

namespace minhttp {

class SharedWord {
 public:
  uint32_t load() const { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  void store(uint32_t value) { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }

  // Stores value if the word is `expected`. False: it is not, and stays as it is.
  bool replace(uint32_t expected, uint32_t value) {
    return __atomic_compare_exchange_n(&value_, &expected, value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  }

 private:
  uint32_t value_ = 0;
};

} // namespace minhttp
