// SPDX-License-Identifier: MIT
#pragma once
// System calls by name, for messages.

#include <string>

#include "sys/call.h"

namespace minhttp::sim {

inline std::string name_of(long number) {
  switch (static_cast<sys::Call>(number)) {
#define CALL(name, phases, arguments, why) \
  case sys::Call::name:                    \
    return #name;
#include "tables/calls.def"
#undef CALL
  }
  return "call " + std::to_string(number);
}

} // namespace minhttp::sim
