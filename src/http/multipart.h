// SPDX-License-Identifier: MIT
#pragma once
// multipart/byteranges (RFC 9110 section 14.6): several parts of a file in one response. The text before each part is
// written when it is due; the parts themselves go from the file to the socket.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/range.h"

namespace minhttp::http {

// Makes boundaries: 64 bits in hexadecimal. A boundary must not occur in the content that it divides, and we do not
// read the content beforehand. So it must be unpredictable for anybody who writes files or requests: it is made from
// sixteen random bytes of the kernel for each process, and from a counter, so that no two responses have the same. By
// chance it occurs at one in 2^64 positions. A mixing function is enough: somebody who could invert it would only
// confuse the readers of a file that he wrote himself.
using Boundary = std::array<char, 16>;

class Boundaries {
 public:
  constexpr Boundaries() = default;
  explicit constexpr Boundaries(std::array<uint64_t, 2> seed) : seed_(seed) {}
  Boundary next();

  // Continues in another range: processes with the same seed have different numbers.
  constexpr void begin_at(uint32_t process) { count_ = uint64_t{process} << 32; }

 private:
  std::array<uint64_t, 2> seed_ = {};
  uint64_t count_ = 0;
};

// A multipart response that is being sent.
struct Multipart {
  Ranges ranges;         // at least two
  uint64_t size = 0;     // of the whole file
  std::string_view type; // of the file, at most 256 bytes; must outlive the response
  Boundary boundary = {};
  uint8_t said = 0; // number of parts whose text was written

  std::string_view boundary_text() const { return {boundary.data(), boundary.size()}; }
};

// Writes the text before a part, or after the last one. part: 0 to the count of parts. Returns its size, at most
// multipart_text_max bytes.
constexpr size_t multipart_text_max = 512;
size_t write_multipart_text(std::span<char> out, const Multipart& answer, size_t part);

// Content-Length of the response: all texts and all parts.
uint64_t multipart_length(const Multipart& answer);

} // namespace minhttp::http
