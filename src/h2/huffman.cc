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

struct Symbol {
  uint8_t byte;
  uint8_t length; // of its code; in by_front 0: it is a longer one; more than length_max: EOS
};

struct Code {
  std::array<uint8_t, symbol_count> sorted = {}; // symbols in the order of their codes
  std::array<uint8_t, symbol_count> rank = {};   // of each symbol in that order
  // Of the codes of each length: the first one, minus the rank of its symbol. And how many are no longer than that.
  std::array<int32_t, length_max + 1> offset = {};
  std::array<uint16_t, length_max + 1> until = {};
  std::array<Symbol, 1U << short_max> by_front = {}; // for each value of the next eight bits
};

constexpr Code code = [] {
  Code made;
  unsigned rank = 0;
  uint32_t next = 0;
  for (unsigned length = 1; length <= length_max; length++) {
    next <<= 1;
    made.offset[length] = static_cast<int32_t>(next) - static_cast<int32_t>(rank);
    for (unsigned symbol = 0; symbol < symbol_count; symbol++) {
      if (lengths[symbol] != length) continue;
      made.sorted[rank] = static_cast<uint8_t>(symbol);
      made.rank[symbol] = static_cast<uint8_t>(rank);
      for (uint32_t more = 0; length <= short_max && more < 1U << (short_max - length); more++) {
        made.by_front[(next << (short_max - length)) + more] = {static_cast<uint8_t>(symbol),
                                                                static_cast<uint8_t>(length)};
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

// The symbol whose code the given 32 bits begin with, where by_front has none.
[[gnu::noinline]] Symbol long_symbol(uint32_t bits) {
  for (unsigned length = short_max + 1; length <= length_max; length++) {
    int32_t rank = static_cast<int32_t>(bits >> (32 - length)) - code.offset[length];
    if (rank < code.until[length]) return {code.sorted[static_cast<size_t>(rank)], static_cast<uint8_t>(length)};
  }
  return {0, length_max + 1};
}

// The symbol whose code the bits begin with, from the highest on.
[[gnu::always_inline]] inline Symbol symbol_at(uint64_t bits) {
  Symbol symbol = code.by_front[bits >> (64 - short_max)];
  return symbol.length != 0 ? symbol : long_symbol(static_cast<uint32_t>(bits >> 32));
}

} // namespace

size_t huffman_bits(std::string_view text, bool lower) {
  size_t bits = 0;
  for (char c : text) bits += lengths[static_cast<unsigned char>(lower ? to_lower(c) : c)];
  cost::add(cost::Kind::bytes, text.size());
  return bits;
}

void HuffmanEncoder::add(std::string_view piece, bool lower) {
  uint64_t bits = bits_;
  unsigned count = count_;
  for (char c : piece) {
    auto symbol = static_cast<unsigned char>(lower ? to_lower(c) : c);
    bits = bits << lengths[symbol] | code_of(symbol); // at most 7 + 30 bits are not written yet
    for (count += lengths[symbol]; count >= 8; count -= 8) to_[used_++] = static_cast<char>(bits >> (count - 8) & 0xff);
  }
  bits_ = bits;
  count_ = count;
}

void HuffmanEncoder::finish() {
  if (count_ > 0) to_[used_++] = static_cast<char>((bits_ << (8 - count_) | 0xffU >> count_) & 0xff);
  CHECK(used_ == to_.size());
}

std::optional<size_t> huffman_decode(std::string_view from, std::span<char> to) {
  size_t size = 0;
  uint64_t bits = 0;  // the next bits, from the highest on
  unsigned count = 0; // how many
  auto put = [&](Symbol symbol) {
    if (size < to.size()) to[size] = static_cast<char>(symbol.byte);
    size++;
    bits <<= symbol.length;
    count -= symbol.length;
  };
  cost::add(cost::Kind::bytes, from.size());
  while (true) {
    for (; count <= 56 && !from.empty(); count += 8) {
      bits |= uint64_t{static_cast<unsigned char>(from.front())} << (56 - count);
      from.remove_prefix(1);
    }
    if (count < length_max) break;
    while (count >= length_max) { // a whole code, whichever it is
      Symbol symbol = symbol_at(bits);
      if (symbol.length > length_max) return {};
      put(symbol);
    }
  }
  while (true) { // the last bits: behind them are ones, as padding is
    uint64_t padded = bits | ~uint64_t{0} >> count;
    Symbol symbol = symbol_at(padded);
    if (symbol.length > count) {
      bool ones = padded == ~uint64_t{0}; // else a code is cut off
      if (count > 7 || !ones) return {};
      return size;
    }
    put(symbol);
  }
}

} // namespace minhttp::h2
