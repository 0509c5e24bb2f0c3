// SPDX-License-Identifier: MIT
#include "unit/guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace minhttp::test {

Guard::Guard(size_t size) : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
  size_ = (size + page_) / page_ * page_;
  void* mapping = mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw std::runtime_error("mmap");
  mapping_ = static_cast<char*>(mapping);
  if (mprotect(mapping_ + page_, size_, PROT_READ | PROT_WRITE) != 0) throw std::runtime_error("mprotect");
}

Guard::~Guard() { munmap(mapping_, size_ + 2 * page_); }

std::string_view Guard::at_end(std::string_view text) {
  auto to = last(text.size());
  if (!text.empty()) std::memcpy(to.data(), text.data(), text.size());
  return {to.data(), to.size()};
}

std::span<char> Guard::last(size_t size) {
  if (size > size_) throw std::runtime_error("the guarded memory is too small");
  return {mapping_ + page_ + size_ - size, size};
}

std::span<char> Guard::first(size_t size) {
  if (size > size_) throw std::runtime_error("the guarded memory is too small");
  return {mapping_ + page_, size};
}

} // namespace minhttp::test
