// SPDX-License-Identifier: MIT
// From the kernel's stack to minhttp_main(). src/arch/*/start.S calls start() with the address of argc. There are no
// constructors to run and no relocations to apply.

#include "rt/start.h"

#include <cstddef>

#include "sys/process.h"

// Without a stack protector: its canary is not set yet (rt/stack_guard.h).
extern "C" [[noreturn]] [[gnu::used]] __attribute__((no_stack_protector)) void start(const uint64_t* stack) {
  auto count = static_cast<size_t>(stack[0]);
  const auto* arguments = reinterpret_cast<const char* const*>(stack + 1);
  const auto* environment = arguments + count + 1;
  const auto* end = environment;
  while (*end != nullptr) end++;
  minhttp::rt::Start facts = {.arguments = {arguments, count},
                              .environment = environment,
                              .auxiliary = reinterpret_cast<const uint64_t*>(end + 1)};
  minhttp::sys::exit(minhttp_main(facts));
}
