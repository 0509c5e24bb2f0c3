// SPDX-License-Identifier: MIT
#pragma once
// The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::h2 {

// The number of bits that the encoded text takes, without padding. lower: as if its letters were in lower case.
size_t huffman_bits(std::string_view text, bool lower = false);
inline size_t huffman_size(std::string_view text) { return (huffman_bits(text) + 7) / 8; } // bytes

// Encodes a text that comes in pieces, to exactly as many bytes as it takes.
class HuffmanEncoder {
 public:
  explicit HuffmanEncoder(std::span<char> to) : to_(to) {}
  void add(std::string_view piece, bool lower = false);
  void finish(); // pads the last byte

 private:
  std::span<char> to_;
  size_t used_ = 0;
  uint64_t bits_ = 0; // the lowest `count_` of them are not written yet
  unsigned count_ = 0;
};

// Decodes a whole string into the front of `to`. Returns the size of the decoded text; if that is more than to.size(),
// the text was checked to its end, but only its front was written. Nothing: it is malformed. It contains EOS, or its
// padding is longer than 7 bits or not a prefix of EOS.
std::optional<size_t> huffman_decode(std::string_view from, std::span<char> to);

} // namespace minhttp::h2
