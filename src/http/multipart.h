// SPDX-License-Identifier: MIT
#pragma once
// multipart/byteranges (RFC 9110 section 14.6): several parts of a file in one answer. The
// text before each part is written when its turn comes; the parts themselves go from the
// file to the socket.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/range.h"

namespace minhttp::http {

// 64 bits in hexadecimal. A boundary must not stand in the content that it divides, and we
// do not read the content beforehand. So it is a number that nobody who writes files or
// requests can foresee: made from sixteen bytes that the kernel gives each process and from
// a count, so that no two answers have the same. Chance would find it once in 2^64 places.
// A mixing function is enough here; who could turn it round would only confuse the readers
// of a file that he has written himself.
using Boundary = std::array<char, 16>;

class Boundaries {
 public:
  constexpr Boundaries() = default;
  explicit constexpr Boundaries(std::array<uint64_t, 2> seed) : seed_(seed) {}
  Boundary next();

  // From here on those of another range: processes with the same seed have a number each.
  constexpr void begin_at(uint32_t process) { count_ = uint64_t{process} << 32; }

 private:
  std::array<uint64_t, 2> seed_ = {};
  uint64_t count_ = 0;
};

// An answer under way.
struct Multipart {
  Ranges ranges;         // two parts at least
  uint64_t size = 0;     // of the whole file
  std::string_view type; // its own, 256 bytes at most; a text that outlives the answer
  Boundary boundary = {};
  uint8_t said = 0; // parts whose text was written

  std::string_view boundary_text() const { return {boundary.data(), boundary.size()}; }
};

// The text before a part, or behind the last one: part is 0 to the count of parts. Returns
// its bytes, multipart_text_max at most.
constexpr size_t multipart_text_max = 512;
size_t write_multipart_text(std::span<char> out, const Multipart& answer, size_t part);

// Content-Length of the whole: all texts and all parts.
uint64_t multipart_length(const Multipart& answer);

} // namespace minhttp::http
