// SPDX-License-Identifier: MIT
#pragma once
// Result<T>: a value or an Errno in one word, encoded as the kernel does it: a word from -4095 to -1 is an error, as in
// rax after a system call.

#include <asm/errno.h>
#include <cstdint>
#include <type_traits>

#include "base/check.h"

namespace minhttp {

// Any error number of the kernel fits; those with a name are in tables/errno.def.
enum class Errno : int {
#define ERRNO(name, text) name##_ = name,
#include "tables/errno.def"
#undef ERRNO
};

struct Nothing {};

template <typename T = Nothing>
class [[nodiscard]] Result {
  static_assert(std::is_integral_v<T> || std::is_enum_v<T> || std::is_pointer_v<T> || std::is_same_v<T, Nothing>,
                "one word: wrap larger values in an out parameter");

 public:
  static constexpr Result from_kernel(long word) { return Result(word); }
  constexpr Result(Errno error) : word_(-static_cast<long>(error)) {}
  constexpr Result(T value) : word_(to_word(value)) {}
  constexpr Result() requires std::is_same_v<T, Nothing> : word_(0) {}

  constexpr bool ok() const { return word_ >= 0 || word_ < -4095; }
  constexpr bool is(Errno error) const { return word_ == -static_cast<long>(error); }
  constexpr Errno error() const { return static_cast<Errno>(-word_); } // only if !ok()
  constexpr T value() const {
    CHECK(ok());
    if constexpr (std::is_same_v<T, Nothing>) {
      return {};
    } else if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<T>(word_); // NOLINT(performance-no-int-to-ptr): mmap's result
    } else {
      return static_cast<T>(word_);
    }
  }

 private:
  explicit constexpr Result(long word) : word_(word) {}
  static constexpr long to_word(T value) {
    if constexpr (std::is_same_v<T, Nothing>) {
      return 0;
    } else if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<long>(value);
    } else {
      return static_cast<long>(value);
    }
  }

  long word_;
};

} // namespace minhttp

// The value of a Result; an error is returned to the caller instead. This is the only hidden control flow.
#define TRY(expression)                              \
  ({                                                 \
    auto try_result = (expression);                  \
    if (!try_result.ok()) return try_result.error(); \
    try_result.value();                              \
  })
