// SPDX-License-Identifier: MIT
// The four functions that a compiler calls on its own (GCC manual, "Standards"), and strlen, which string_view needs
// for a text that ends with a NUL. They work on words where that is safe, and on bytes at the ends. -ffreestanding
// keeps the compiler from turning memcpy's own loop into a call of memcpy.

#include <cstddef>
#include <cstdint>

namespace {

using Word [[gnu::may_alias, gnu::aligned(1)]] = uint64_t;
// Sixteen bytes: one register of SSE2 and NEON, two words elsewhere.
using Pair [[gnu::vector_size(16)]] = uint64_t;
using Block [[gnu::may_alias, gnu::aligned(1)]] = Pair;

// Whether one instruction loads a word at any address; on RISC-V the word would be put together from bytes.
#ifdef __riscv
constexpr bool by_words = false;
#else
constexpr bool by_words = true;
#endif

} // namespace

extern "C" {

[[gnu::used]] void* memcpy(void* __restrict to, const void* __restrict from, size_t count) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
  if (by_words && count >= sizeof(Block)) {
    size_t last = count - sizeof(Block);
#pragma GCC unroll 4
    for (size_t i = 0; i < last; i += sizeof(Block)) {
      *reinterpret_cast<Block*>(t + i) = *reinterpret_cast<const Block*>(f + i);
    }
    *reinterpret_cast<Block*>(t + last) = *reinterpret_cast<const Block*>(f + last); // overlaps the block before it
    return to;
  }
  if (by_words && count >= sizeof(Word)) {
    size_t last = count - sizeof(Word);
    Word end = *reinterpret_cast<const Word*>(f + last);
    *reinterpret_cast<Word*>(t) = *reinterpret_cast<const Word*>(f);
    *reinterpret_cast<Word*>(t + last) = end;
    return to;
  }
  for (; count > 0; count--) *t++ = *f++;
  return to;
}

[[gnu::used]] void* memmove(void* to, const void* from, size_t count) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
  // Copying forwards is right if the target does not begin inside the source.
  if (reinterpret_cast<uintptr_t>(t) - reinterpret_cast<uintptr_t>(f) >= count) {
    for (; count >= sizeof(Word); count -= sizeof(Word), t += sizeof(Word), f += sizeof(Word)) {
      *reinterpret_cast<Word*>(t) = *reinterpret_cast<const Word*>(f);
    }
    for (; count > 0; count--) *t++ = *f++;
  } else {
    while (count-- > 0) t[count] = f[count];
  }
  return to;
}

[[gnu::used]] void* memset(void* to, int byte, size_t count) {
  auto* t = static_cast<char*>(to);
  uint64_t word = 0x0101010101010101U * static_cast<unsigned char>(byte);
  for (; count >= sizeof(Word); count -= sizeof(Word), t += sizeof(Word)) *reinterpret_cast<Word*>(t) = word;
  for (; count > 0; count--) *t++ = static_cast<char>(byte);
  return to;
}

[[gnu::used]] int memcmp(const void* a, const void* b, size_t count) {
  const auto* x = static_cast<const unsigned char*>(a);
  const auto* y = static_cast<const unsigned char*>(b);
  size_t i = 0;
  while (by_words && count - i >= sizeof(Word) &&
         *reinterpret_cast<const Word*>(x + i) == *reinterpret_cast<const Word*>(y + i)) {
    i += sizeof(Word);
  }
  for (; i < count; i++) {
    if (x[i] != y[i]) return x[i] - y[i];
  }
  return 0;
}

[[gnu::used]] size_t strlen(const char* text) {
  size_t size = 0;
  while (text[size] != 0) size++;
  return size;
}

} // extern "C"
