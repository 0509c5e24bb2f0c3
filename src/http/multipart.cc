// SPDX-License-Identifier: MIT
#include "http/multipart.h"

#include "base/bytes.h"

namespace minhttp::http {
namespace {

// The finalizer of SplitMix64: every bit of the result depends on every bit of x.
constexpr uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

} // namespace

Boundary Boundaries::next() {
  uint64_t number = mix(mix(seed_[0] + ++count_) ^ seed_[1]);
  Boundary boundary;
  for (char& digit : boundary) {
    digit = "0123456789abcdef"[number & 15];
    number >>= 4;
  }
  return boundary;
}

size_t write_multipart_text(std::span<char> to, const Multipart& answer, size_t part) {
  Writer out(to);
  if (part > 0) out.text("\r\n"); // belongs to the boundary, not to the part before it (RFC 2046 section 5.1.1)
  out.text("--").text(answer.boundary_text());
  if (part == answer.ranges.count) {
    out.text("--\r\n");
    return out.size();
  }
  out.text("\r\nContent-Type: ").text(answer.type).text("\r\n");
  write_content_range(out, answer.ranges.parts[part], answer.size);
  out.text("\r\n");
  return out.size();
}

uint64_t multipart_length(const Multipart& answer) {
  char text[multipart_text_max];
  uint64_t length = 0;
  for (const Part& part : answer.ranges.list()) length += part.length;
  // A file has less than 2^63 bytes, so the sum cannot overflow.
  for (size_t part = 0; part <= answer.ranges.count; part++) length += write_multipart_text(text, answer, part);
  return length;
}

} // namespace minhttp::http
