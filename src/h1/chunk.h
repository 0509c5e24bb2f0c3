// SPDX-License-Identifier: MIT
#pragma once
// Chunks of a response (RFC 9112 section 7.1).

#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace minhttp::h1 {

constexpr size_t chunk_digits = 4; // leading zeros are allowed
constexpr size_t chunk_front = chunk_digits + 2;
constexpr size_t chunk_end = 2;
constexpr size_t last_chunk = 5;

// Writes the size line of a chunk of at most 65535 bytes; `to` must hold chunk_front bytes.
inline void write_chunk_front(std::span<char> to, size_t size) {
  Writer out(to);
  for (size_t digit = chunk_digits; digit > 0; digit--) out.byte("0123456789abcdef"[size >> (digit - 1) * 4 & 15]);
  out.text("\r\n");
}

} // namespace minhttp::h1
