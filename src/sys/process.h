#pragma once
// The process itself: memory at start, limits, the end.

#include <cstddef>
#include <span>

#include "sys/abi.h"
#include "sys/call.h"

namespace minhttp::sys {

// mmap(2): zeroed memory; a page is only used once it is touched.
inline Result<std::byte*> map_memory(size_t bytes) {
  return call<std::byte*>(Call::mmap, nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// getrlimit(2) and setrlimit(2) of RLIMIT_NOFILE.
inline Result<> get_descriptor_limit(abi::rlimit64& limit) {
  return call(Call::prlimit64, 0, abi::rlimit_nofile, nullptr, &limit);
}
inline Result<> set_descriptor_limit(const abi::rlimit64& limit) {
  return call(Call::prlimit64, 0, abi::rlimit_nofile, &limit, nullptr);
}

// fcntl(2), F_DUPFD_CLOEXEC.
inline Result<int> duplicate(int fd) { return call<int>(Call::fcntl, fd, F_DUPFD_CLOEXEC, 0); }

// getrandom(2): all of them; at boot it waits until the kernel has gathered some.
inline Result<> getrandom(void* to, size_t size) {
  size_t count = TRY(call<size_t>(Call::getrandom, to, size, 0));
  if (count < size) return Errno::EIO_; // never for so few
  return {};
}

[[noreturn]] inline void exit(int status) {
  (void)call(Call::exit_group, status);
  __builtin_unreachable();
}

} // namespace minhttp::sys
