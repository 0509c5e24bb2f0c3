// SPDX-License-Identifier: MIT
// minhttp as an ordinary program, for sanitizers: all of src/ but its entry, its memcpy and its end.
// The system calls are real. What the sanitizers need to say something does not fit the sandbox: start
// it with --sandbox off.

#include <elf.h>
#include <sanitizer/asan_interface.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "rt/stack_guard.h"
#include "rt/start.h"
#include "trap.h"

// What minhttp_main sets for its own stack protector (rt/stack_guard.h). Here the C library has one.
uint64_t __stack_chk_guard = 0;
#ifndef __x86_64__
void use_stack_guard(const uint64_t*) {}
#endif

namespace {

// Reads the first byte that nobody may read, from code that AddressSanitizer watches: it reports.
void look_at(long address, long size) {
  if (address == 0 || size <= 0) return;
  void* begin = reinterpret_cast<void*>(address);
  auto* bad = static_cast<volatile char*>(__asan_region_is_poisoned(begin, static_cast<size_t>(size)));
  if (bad != nullptr) (void)*bad;
}

} // namespace

long minhttp::hosted::enter(long number, long a, long b, long c, long d, long e, long f) {
  switch (number) {
    case SYS_read:
    case SYS_pread64:
    case SYS_write:
    case SYS_sendto:
    case SYS_getdents64: look_at(b, c); break;
    case SYS_readlinkat: look_at(c, d); break;
    default: break;
  }
  long result = syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}

void minhttp::panic(const char* file, int line) {
  std::fprintf(stderr, "minhttp: a bug in minhttp, at %s:%d\n", file, line);
  std::abort();
}

extern "C" const char* __asan_default_options() {
  return "abort_on_error=1:detect_leaks=0:detect_stack_use_after_return=1";
}
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }

int main(int count, char** arguments) {
  char** end = environ;
  while (*end != nullptr) end++;
  return minhttp_main({.arguments = {arguments, static_cast<size_t>(count)},
                       .environment = environ,
                       .auxiliary = reinterpret_cast<const uint64_t*>(end + 1)});
}
