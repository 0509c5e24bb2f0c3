// SPDX-License-Identifier: MIT
// Where minhttps begins: the C library calls main(), whose arguments still lie where the kernel has put them.

#include "rt/start.h"

int main(int count, char** arguments, char** environment) {
  char** end = environment;
  while (*end != nullptr) end++;
  minhttp::rt::Start facts = {.arguments = {arguments, static_cast<size_t>(count)},
                              .environment = environment,
                              .auxiliary = reinterpret_cast<const uint64_t*>(end + 1)};
  return minhttp_main(facts);
}
