// SPDX-License-Identifier: MIT
// The code is canonical: symbols in the order of their codes' lengths, and among equals in the order of the symbols,
// have codes that count upwards. So the lengths say everything, and all tables are made of them by the compiler.

#include "h2/huffman.h"

#include <array>

namespace minhttp::h2 {
namespace {

constexpr size_t symbol_count = 256;
constexpr unsigned length_max = 30;
constexpr unsigned short_max = 8; // codes of so many bits are decoded by one look-up; they are those of nearly all text

// The length of each byte's code, in bits (RFC 7541 appendix B). The one symbol more, EOS, is 30 ones: the last code.
constexpr std::array<uint8_t, symbol_count> lengths = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, // 0x00
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, // 0x10
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  // 0x20
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, // 0x30
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  // 0x40
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,  // 0x50
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  // 0x60
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, // 0x70
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, // 0x80
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, // 0x90
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, // 0xa0
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, // 0xb0
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, // 0xc0
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, // 0xd0
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, // 0xe0
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, // 0xf0
};

struct Code {
  std::array<uint8_t, symbol_count> sorted = {}; // symbols in the order of their codes
  std::array<uint8_t, symbol_count> rank = {};   // of each symbol in that order
  // Of the codes of each length: the first one, minus the rank of its symbol. And how many are no longer than that.
  std::array<int32_t, length_max + 1> offset = {};
  std::array<uint16_t, length_max + 1> until = {};
  // For each value of the next eight bits the rank of the symbol whose code they begin with, or no_symbol.
  std::array<uint8_t, 1U << short_max> by_front = {};
};
constexpr uint8_t no_symbol = 0xff; // the rank of a symbol with a code of 30 bits

constexpr Code code = [] {
  Code made;
  unsigned rank = 0;
  uint32_t next = 0;
  for (auto& entry : made.by_front) entry = no_symbol;
  for (unsigned length = 1; length <= length_max; length++) {
    next <<= 1;
    made.offset[length] = static_cast<int32_t>(next) - static_cast<int32_t>(rank);
    for (unsigned symbol = 0; symbol < symbol_count; symbol++) {
      if (lengths[symbol] != length) continue;
      made.sorted[rank] = static_cast<uint8_t>(symbol);
      made.rank[symbol] = static_cast<uint8_t>(rank);
      if (length <= short_max) {
        for (uint32_t more = 0; more < 1U << (short_max - length); more++) {
          made.by_front[(next << (short_max - length)) + more] = static_cast<uint8_t>(rank);
        }
      }
      rank++;
      next++;
    }
    made.until[length] = static_cast<uint16_t>(rank);
  }
  CHECK(rank == symbol_count && next == (1U << length_max) - 1); // does not compile: a length is wrong
  return made;
}();

constexpr uint32_t code_of(unsigned char symbol) {
  return static_cast<uint32_t>(code.offset[lengths[symbol]] + code.rank[symbol]);
}
static_assert(code_of('0') == 0x0 && code_of('a') == 0x3 && code_of(' ') == 0x14 && code_of('Z') == 0xfd);
static_assert(code_of('\\') == 0x7fff0 && code_of(0) == 0x1ff8 && code_of(22) == 0x3ffffffe);

struct Symbol {
  uint8_t byte;
  unsigned length; // more than length_max: EOS
};

// The symbol whose code the given 32 bits begin with, where by_front has none.
Symbol long_symbol(uint32_t bits) {
  for (unsigned length = short_max + 1; length <= length_max; length++) {
    int32_t rank = static_cast<int32_t>(bits >> (32 - length)) - code.offset[length];
    if (rank < code.until[length]) return {code.sorted[static_cast<size_t>(rank)], length};
  }
  return {0, length_max + 1};
}

} // namespace

size_t huffman_bits(std::string_view text, bool lower) {
  size_t bits = 0;
  for (char c : text) bits += lengths[static_cast<unsigned char>(lower ? to_lower(c) : c)];
  cost::add(cost::Kind::bytes, text.size());
  return bits;
}

void HuffmanEncoder::add(std::string_view piece, bool lower) {
  for (char c : piece) {
    auto symbol = static_cast<unsigned char>(lower ? to_lower(c) : c);
    bits_ = bits_ << lengths[symbol] | code_of(symbol); // at most 7 + 30 bits
    count_ += lengths[symbol];
    for (; count_ >= 8; count_ -= 8) out_.byte(static_cast<char>(bits_ >> (count_ - 8) & 0xff));
  }
}

void HuffmanEncoder::finish() {
  if (count_ > 0) out_.byte(static_cast<char>((bits_ << (8 - count_) | 0xffU >> count_) & 0xff));
  count_ = 0;
}

std::optional<size_t> huffman_decode(std::string_view from, std::span<char> to) {
  size_t size = 0;
  size_t read = 0;
  uint64_t bits = 0;  // the next bits, from the highest on; those behind the end are ones, as padding is
  unsigned count = 0; // how many are the string's
  cost::add(cost::Kind::bytes, from.size());
  while (true) {
    for (; count <= 56 && read < from.size(); count += 8) {
      bits |= uint64_t{static_cast<unsigned char>(from[read++])} << (56 - count);
    }
    uint64_t padded = count < 64 ? bits | ~uint64_t{0} >> count : bits;
    Symbol symbol = {};
    uint8_t rank = code.by_front[padded >> (64 - short_max)];
    if (rank != no_symbol) {
      symbol = {code.sorted[rank], lengths[code.sorted[rank]]};
    } else {
      symbol = long_symbol(static_cast<uint32_t>(padded >> 32));
    }
    if (symbol.length > count || symbol.length > length_max) {
      bool ones = padded == ~uint64_t{0}; // else a code is cut off
      if (count > 7 || !ones) return {};
      return size;
    }
    if (size < to.size()) to[size] = static_cast<char>(symbol.byte);
    size++;
    bits <<= symbol.length;
    count -= symbol.length;
  }
}

} // namespace minhttp::h2
