// SPDX-License-Identifier: MIT
#pragma once
// For values that must not leak by timing, and must not stay in memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace minhttp {

// Reads every byte of both, wherever they differ: the time depends on the size only.
template <typename Byte, size_t size>
constexpr bool equal_in_constant_time(const std::array<Byte, size>& a, const std::array<Byte, size>& b) {
  uint32_t difference = 0;
  for (size_t i = 0; i < size; i++) difference |= static_cast<uint32_t>(a[i] ^ b[i]);
  return difference == 0;
}

// yes or no, without a branch.
constexpr uint32_t choose(bool condition, uint32_t yes, uint32_t no) {
  uint32_t mask = 0U - static_cast<uint32_t>(condition);
  return (yes & mask) | (no & ~mask);
}

// Zeroes an object, even if the compiler sees that nothing reads it any more.
template <typename T>
void wipe(T& object) {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
  auto* bytes = reinterpret_cast<volatile unsigned char*>(&object);
  for (size_t i = 0; i < sizeof object; i++) bytes[i] = 0;
}

} // namespace minhttp
