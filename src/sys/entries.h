// SPDX-License-Identifier: MIT
#pragma once
// What getdents64(2) writes: struct linux_dirent64, one behind the other.

#include <span>

#include "base/check.h"
#include "sys/abi.h"

namespace minhttp::sys {

// Calls each(name, type) for every entry: the name is NUL-terminated, the type as in a mode,
// 0 where the file system does not say.
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
