// SPDX-License-Identifier: MIT
#pragma once
// What getdents64(2) writes: one struct linux_dirent64 after the other.

#include <span>

#include "base/check.h"
#include "sys/abi.h"

namespace minhttp::sys {

// Calls each(name, type) for every entry. The name ends with a NUL; the type is as in a mode, or 0 if the file system
// does not say.
template <typename Each>
void for_each_entry(std::span<const char> entries, const Each& each) {
  for (size_t at = 0; at < entries.size();) {
    const char* entry = entries.data() + at;
    uint16_t size = 0;
    __builtin_memcpy(&size, entry + abi::entry_size, sizeof size);
    CHECK(size > abi::entry_name && size <= entries.size() - at);
    auto type = static_cast<unsigned char>(entry[abi::entry_type]);
    each(entry + abi::entry_name, static_cast<unsigned>(type) << abi::type_shift);
    at += size;
  }
}

} // namespace minhttp::sys
