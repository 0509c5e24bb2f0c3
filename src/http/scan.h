// SPDX-License-Identifier: MIT
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
  [[maybe_unused]] size_t begin = from;
  while (from < text.size() && is(text[from], kind)) from++;
  cost::add(cost::Kind::bytes, from - begin + 1);
  return from;
}

#ifdef __SSE2__

// The compiler's own vectors: operators work byte by byte, and a comparison gives 255 for
// yes and 0 for no. <emmintrin.h> would bring the C library's headers with it.
using Sixteen [[gnu::vector_size(16)]] = uint8_t;
using SignedSixteen [[gnu::vector_size(16)]] = signed char;

// 255 for bytes that are surely of the class: never for another, and for nearly all that
// are common in its runs. Fewer kinds of bytes make a shorter test.
template <Class kind>
auto common(Sixteen bytes) {
  // As signed numbers, bytes above 127 are negative.
  auto sign = [](Sixteen sixteen) { return reinterpret_cast<SignedSixteen>(sixteen); };
  if constexpr (kind == Class::field) {
    return sign(bytes + 1) > ' '; // DEL becomes negative too; no tab, nothing above 127
  } else if constexpr (kind == Class::path) {
    return (sign(bytes + 1) > '$') & ((bytes | 3) != '?'); // neither ! nor =
  } else if constexpr (kind == Class::target) {
    return (sign(bytes + 1) > '$') & ((bytes | 2) != '>'); // no !
  } else {
    static_assert(kind == Class::token || kind == Class::host);
    // Moved so that z is 127, the 26 highest numbers are letters; so with 9 and the digits.
    constexpr uint8_t from_z = 0x7f - 'z';
    constexpr uint8_t from_9 = 0x7f - '9';
    auto letters = sign((bytes | 0x20) + from_z) > 0x7f - 26;
    if constexpr (kind == Class::token) return letters | (bytes == '-');
    return letters | (sign(bytes + from_9) > 0x7f - 10) | (bytes == '-') | (bytes == '.');
  }
}

// As skip_plain. Sixteen common bytes at a time; from the first that is not common, which
// mostly is the end, and for the last fifteen, the plain way. Every byte that is read is one
// of the text's.
template <Class kind>
[[gnu::always_inline]] inline size_t skip(std::string_view text, size_t from) {
  constexpr size_t width = sizeof(Sixteen);
  for (; from + width <= text.size(); from += width) {
    cost::add(cost::Kind::bytes, width);
    using Chars [[gnu::vector_size(16)]] = char;
    auto in = reinterpret_cast<Chars>(common<kind>(load<Sixteen>(text.data() + from)));
    auto out = static_cast<uint32_t>(__builtin_ia32_pmovmskb128(in)) ^ 0xffff; // a bit a byte
    if (out == 0) continue;
    from += static_cast<uint32_t>(std::countr_zero(out));
    break;
  }
  return skip_plain<kind>(text, from);
}

#else

template <Class kind>
size_t skip(std::string_view text, size_t from) {
  return skip_plain<kind>(text, from);
}

#endif

} // namespace minhttp::http
