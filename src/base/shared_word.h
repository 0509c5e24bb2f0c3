// SPDX-License-Identifier: MIT
#pragma once
// Numbers in memory that several processes share. They use the compiler's builtins, because the standard's atomics may
// need a library, for waiting.

#include <cstdint>

namespace minhttp {

template <typename Number>
class Shared {
 public:
  Number load() const { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  void store(Number value) { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }

  // Stores value if the word is `expected`. False: it is not, and stays as it is.
  bool replace(Number expected, Number value) {
    return __atomic_compare_exchange_n(&value_, &expected, value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  }

 private:
  Number value_ = 0;
};

using SharedWord = Shared<uint32_t>;
using SharedLong = Shared<uint64_t>;

} // namespace minhttp
