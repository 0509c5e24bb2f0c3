// SPDX-License-Identifier: MIT
#pragma once
// Every system call of minhttp goes through call(), and only the calls of tables/calls.def have a name here. The
// wrappers in the other files of this directory have the names of section 2 of the manual, and say what may be passed;
// this file only converts arguments to words.

#include <asm/unistd.h>

#include <type_traits>

#include "base/result.h"
#include "trap.h" // src/arch/<architecture>, or a simulated kernel in tests

namespace minhttp::sys {

enum class Call : long {
#define CALL(name, phases, constraint, why) name = __NR_##name,
#include "tables/calls.def"
#undef CALL
};

template <typename T>
long word(T argument) {
  if constexpr (std::is_null_pointer_v<T>) {
    return 0;
  } else if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(argument);
  } else {
    return static_cast<long>(argument);
  }
}

template <typename T = Nothing, typename... Arguments>
Result<T> call(Call number, Arguments... arguments) {
  return Result<T>::from_kernel(arch::trap(static_cast<long>(number), word(arguments)...));
}

} // namespace minhttp::sys
