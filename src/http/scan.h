#pragma once
// How far a run of bytes of one class goes: most of what a parser does. Plain first, a
// look into the table for each byte; then sixteen bytes at a time where the processor has
// SSE2, which every x86-64 has. The plain one is what other architectures run, and what
// the tests hold the fast one against.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "http/character.h"

namespace minhttp::http {

// The place of the first byte at or after `from` that is not of the class, or text.size().
// from: at most text.size().
template <Class kind>
constexpr size_t skip_plain(std::string_view text, size_t from) {
  while (from < text.size() && is(text[from], kind)) from++;
  return from;
}

#ifdef __SSE2__

// The compiler's own vectors: operators work byte by byte, and a comparison gives 255 for
// yes and 0 for no. <emmintrin.h> would bring the C library's headers with it.
using Sixteen [[gnu::vector_size(16)]] = uint8_t;
using SignedSixteen [[gnu::vector_size(16)]] = signed char;

// The highest bit of each byte; the first byte's is the lowest.
template <typename Vector>
uint32_t high_bits(Vector bytes) {
  using Chars [[gnu::vector_size(16)]] = char;
  return static_cast<uint32_t>(__builtin_ia32_pmovmskb128(reinterpret_cast<Chars>(bytes)));
}

// Names of fields and hosts: short runs, nearly always of letters, digits, hyphen and dot.
template <Class kind>
constexpr bool is_name = kind == Class::token || kind == Class::host;

// A bit for each byte that ends a run of the class, as high_bits; of names, also for the
// bytes that are rare in them. A ^ takes a byte out of a range that it is in.
template <Class kind>
uint32_t stops(Sixteen bytes) {
  if constexpr (is_name<kind>) {
    return high_bits(((bytes | 0x20) - 'a' < 26) | ((bytes - '-' < 13) ^ (bytes == '/'))) ^ 0xffff;
  } else if constexpr (kind == Class::field) {
    return high_bits(((bytes < 0x20) ^ (bytes == '\t')) | (bytes == 0x7f));
  } else {
    // As signed numbers, bytes above 127 are below zero. In two pairs of characters that no
    // target may hold, the two differ in one bit: " and #, < and >.
    static_assert(kind == Class::target || kind == Class::path);
    auto stop = 0x21 > reinterpret_cast<SignedSixteen>(bytes);
    stop |= (bytes == 0x7f) | ((bytes | 1) == '#') | ((bytes | 2) == '>');
    if constexpr (kind == Class::path) stop |= bytes == '?';
    return high_bits(stop);
  }
}

inline size_t first(uint32_t bits) { return static_cast<size_t>(std::countr_zero(bits)); }

// As skip_plain. Every byte that is read is one of the text's.
template <Class kind>
size_t skip(std::string_view text, size_t from) {
  constexpr size_t width = sizeof(Sixteen);
  if (text.size() < width) return skip_plain<kind>(text, from);
  size_t last = text.size() - width;
  if constexpr (is_name<kind>) {
    if (from <= last) from += first(stops<kind>(load<Sixteen>(text.data() + from)) | 1U << width);
    return skip_plain<kind>(text, from);
  }
  for (; from <= last; from += width) {
    uint32_t bits = stops<kind>(load<Sixteen>(text.data() + from));
    if (bits != 0) return from + first(bits);
  }
  // The last sixteen, without those that were seen before; all of them, if the text ends here.
  return from + first(stops<kind>(load<Sixteen>(text.data() + last)) >> (from - last) | 1U << (text.size() - from));
}

#else

template <Class kind>
size_t skip(std::string_view text, size_t from) {
  return skip_plain<kind>(text, from);
}

#endif

} // namespace minhttp::http
