// SPDX-License-Identifier: MIT
#include "unit/gzip/gunzip.h"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace minhttp::test {

namespace {

[[noreturn]] void refuse(const char* why) { throw std::runtime_error(why); }

class Bits {
 public:
  explicit Bits(std::string_view from) : from_(from) {}
  uint32_t take(uint32_t count) {
    uint32_t value = 0;
    for (uint32_t i = 0; i < count; i++, at_++) {
      if (at_ / 8 >= from_.size()) refuse("ends early");
      value |= (uint32_t{static_cast<uint8_t>(from_[at_ / 8])} >> at_ % 8 & 1U) << i;
    }
    return value;
  }
  void align() {
    while (at_ % 8 != 0) {
      if (take(1) != 0) refuse("padding is not zero");
    }
  }
  bool at_end() const { return at_ == from_.size() * 8; }

 private:
  std::string_view from_;
  size_t at_ = 0;
};

class Code {
 public:
  explicit Code(const std::vector<uint32_t>& lengths, bool whole = true) {
    for (uint32_t length : lengths) counts_.at(length)++;
    counts_[0] = 0;
    uint32_t space = 1 << 15;
    for (uint32_t length = 1; length < counts_.size(); length++) {
      uint32_t taken = counts_[length] << (15 - length);
      if (taken > space) refuse("too many codes");
      space -= taken;
      for (uint32_t i = 0; i < lengths.size(); i++) {
        if (lengths[i] == length) symbols_.push_back(i);
      }
    }
    if (whole && space != 0) refuse("a code is not complete");
  }
  uint32_t decode(Bits& bits) const {
    uint32_t code = 0;
    uint32_t first = 0;
    uint32_t index = 0;
    for (uint32_t length = 1; length < counts_.size(); length++) {
      code = code << 1 | bits.take(1);
      first <<= 1;
      if (code - first < counts_[length]) return symbols_.at(index + code - first);
      index += counts_[length];
      first += counts_[length];
    }
    refuse("no such code");
  }

 private:
  std::array<uint32_t, 16> counts_ = {};
  std::vector<uint32_t> symbols_;
};

void inflate_symbols(Bits& bits, const Code& literals, const Code& distances, std::string& out) {
  static constexpr std::array<uint32_t, 29> length_base = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                           15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                           67, 83, 99, 115, 131, 163, 195, 227, 258};
  static constexpr std::array<uint32_t, 29> length_bits = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                           2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  static constexpr std::array<uint32_t, 30> distance_base = {
      1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
      193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
  for (;;) {
    uint32_t symbol = literals.decode(bits);
    if (symbol < 256) {
      out.push_back(static_cast<char>(symbol));
      continue;
    }
    if (symbol == 256) return;
    uint32_t length = length_base.at(symbol - 257) + bits.take(length_bits.at(symbol - 257));
    uint32_t slot = distances.decode(bits);
    uint32_t distance = distance_base.at(slot) + bits.take(slot < 4 ? 0 : slot / 2 - 1);
    if (distance > out.size() || distance > 32768) refuse("a distance before the beginning");
    for (uint32_t i = 0; i < length; i++) out.push_back(out[out.size() - distance]);
  }
}

void inflate_dynamic(Bits& bits, std::string& out) {
  static constexpr std::array<uint32_t, 19> order = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  uint32_t literals = bits.take(5) + 257;
  uint32_t distances = bits.take(5) + 1;
  uint32_t precodes = bits.take(4) + 4;
  if (literals > 286 || distances > 30) refuse("too many lengths");
  std::vector<uint32_t> of_precode(19);
  for (uint32_t i = 0; i < precodes; i++) of_precode[order.at(i)] = bits.take(3);
  Code precode(of_precode);
  std::vector<uint32_t> lengths;
  while (lengths.size() < literals + distances) {
    uint32_t symbol = precode.decode(bits);
    if (symbol < 16) {
      lengths.push_back(symbol);
    } else if (symbol == 16) {
      if (lengths.empty()) refuse("repeats nothing");
      lengths.insert(lengths.end(), 3 + bits.take(2), lengths.back());
    } else {
      lengths.insert(lengths.end(), symbol == 17 ? 3 + bits.take(3) : 11 + bits.take(7), 0);
    }
  }
  if (lengths.size() > literals + distances) refuse("repeats too much");
  auto middle = lengths.begin() + literals;
  inflate_symbols(bits, Code({lengths.begin(), middle}), Code({middle, lengths.end()}), out);
}

void inflate_stored(Bits& bits, std::string& out) {
  bits.align();
  uint32_t size = bits.take(16);
  if (bits.take(16) != (size ^ 0xffff)) refuse("NLEN");
  for (; size > 0; size--) out.push_back(static_cast<char>(bits.take(8)));
}

Code fixed_literals() {
  std::vector<uint32_t> lengths(288, 8);
  for (uint32_t i = 144; i < 280; i++) lengths[i] = i < 256 ? 9 : 7;
  return Code(lengths);
}

uint32_t crc32_by_bits(std::string_view bytes) {
  uint32_t crc = ~0U;
  for (char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
  }
  return ~crc;
}

void gunzip_into(std::string_view file, Gunzipped& result) {
  Bits bits(file);
  if (bits.take(24) != 0x088b1f || bits.take(8) != 0 || bits.take(32) != 0 || bits.take(16) != 0xff00) refuse("header");
  for (bool last = false; !last;) {
    last = bits.take(1) != 0;
    uint32_t kind = bits.take(2);
    if (kind == 0) {
      result.stored++;
      inflate_stored(bits, result.bytes);
    } else if (kind == 1) {
      result.fixed++;
      inflate_symbols(bits, fixed_literals(), Code(std::vector<uint32_t>(30, 5), false), result.bytes);
    } else if (kind == 2) {
      result.dynamic++;
      inflate_dynamic(bits, result.bytes);
    } else {
      refuse("no such kind of block");
    }
  }
  bits.align();
  if (bits.take(32) != crc32_by_bits(result.bytes)) refuse("CRC32");
  if (bits.take(32) != static_cast<uint32_t>(result.bytes.size())) refuse("ISIZE");
  if (!bits.at_end()) refuse("more behind it");
}

} // namespace

Gunzipped gunzip(std::string_view file) {
  Gunzipped result;
  try {
    gunzip_into(file, result);
  } catch (const std::exception& error) {
    result.error = error.what();
  }
  return result;
}

} // namespace minhttp::test
