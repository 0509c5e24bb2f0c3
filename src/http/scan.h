// SPDX-License-Identifier: MIT
#pragma once
// Finds the end of a run of bytes of one class: most of the work of a parser. The plain version looks up each byte in a
// table. The fast version takes sixteen bytes at a time on processors with SSE2, which every x86-64 has. Other
// architectures run the plain one, and tests compare the fast one with it.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "http/character.h"

namespace minhttp::http {

// The position of the first byte at or after `from` that is not of the class, or text.size(). from: at most
// text.size().
template <Class kind>
constexpr size_t skip_plain(std::string_view text, size_t from) {
  [[maybe_unused]] size_t begin = from;
  while (from < text.size() && is(text[from], kind)) from++;
  cost::add(cost::Kind::bytes, from - begin + 1);
  return from;
}

#ifdef __SSE2__

// The compiler's vector types: operators work byte by byte, and a comparison gives 255 for true and 0 for false.
// <emmintrin.h> would include headers of the C library.
using Sixteen [[gnu::vector_size(16)]] = uint8_t;
using SignedSixteen [[gnu::vector_size(16)]] = signed char;

// 255 for bytes that are certainly of the class: never for other bytes, and for nearly all that are common in the
// class. A test for fewer kinds of bytes is shorter.
template <Class kind>
auto common(Sixteen bytes) {
  // As signed numbers, bytes above 127 are negative.
  auto sign = [](Sixteen sixteen) { return reinterpret_cast<SignedSixteen>(sixteen); };
  if constexpr (kind == Class::field) {
    return sign(bytes + 1) > ' '; // DEL becomes negative too; excludes tab and everything above 127
  } else if constexpr (kind == Class::path) {
    return (sign(bytes + 1) > '$') & ((bytes | 3) != '?'); // excludes ! and =
  } else if constexpr (kind == Class::target) {
    return (sign(bytes + 1) > '$') & ((bytes | 2) != '>'); // excludes !
  } else {
    static_assert(kind == Class::token || kind == Class::host);
    // Shifted so that z becomes 127, the letters are the 26 highest numbers; the same with 9 and the digits.
    constexpr uint8_t from_z = 0x7f - 'z';
    constexpr uint8_t from_9 = 0x7f - '9';
    auto letters = sign((bytes | 0x20) + from_z) > 0x7f - 26;
    if constexpr (kind == Class::token) return letters | (bytes == '-');
    return letters | (sign(bytes + from_9) > 0x7f - 10) | (bytes == '-') | (bytes == '.');
  }
}

// A bit for each of sixteen bytes that is not common.
template <Class kind>
[[gnu::always_inline]] inline uint32_t uncommon(const char* bytes) {
  using Chars [[gnu::vector_size(16)]] = char;
  auto in = reinterpret_cast<Chars>(common<kind>(load<Sixteen>(bytes)));
  return static_cast<uint32_t>(__builtin_ia32_pmovmskb128(in)) ^ 0xffff;
}

// As skip_plain(). Takes sixteen common bytes at a time. The plain version continues at the first byte that is not
// common, which mostly is the end, and does the last fifteen bytes. Only bytes of text are read.
template <Class kind>
[[gnu::always_inline]] inline size_t skip(std::string_view text, size_t from) {
  constexpr size_t width = sizeof(Sixteen);
  for (; from + width <= text.size(); from += width) {
    cost::add(cost::Kind::bytes, width);
    uint32_t out = uncommon<kind>(text.data() + from);
    if (out == 0) continue;
    from += static_cast<uint32_t>(std::countr_zero(out));
    break;
  }
  return skip_plain<kind>(text, from);
}

// Whether all bytes are of the class. The last sixteen overlap those before them, so that no byte is looked at alone.
template <Class kind>
inline bool only(std::string_view text) {
  constexpr size_t width = sizeof(Sixteen);
  if (text.size() >= width) {
    size_t last = text.size() - width;
    uint32_t out = uncommon<kind>(text.data() + last);
    for (size_t i = 0; i < last; i += width) out |= uncommon<kind>(text.data() + i);
    cost::add(cost::Kind::bytes, text.size() + width);
    if (out == 0) return true;
  }
  return skip_plain<kind>(text, 0) == text.size();
}

#else

template <Class kind>
size_t skip(std::string_view text, size_t from) {
  return skip_plain<kind>(text, from);
}

template <Class kind>
bool only(std::string_view text) {
  return skip_plain<kind>(text, 0) == text.size();
}

#endif

} // namespace minhttp::http
