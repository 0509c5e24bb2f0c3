// SPDX-License-Identifier: MIT
#pragma once
// One block of DEFLATE: collects its symbols, then writes them in the block type that takes the fewest bits (RFC 1951
// section 3.2.3).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gzip/bits.h"
#include "gzip/huffman.h"
#include "tables/limits.h"

namespace minhttp::gzip {

constexpr uint32_t match_min = 3;
constexpr uint32_t match_max = 258;
constexpr size_t stored_max = 65535; // bytes of a stored block

class Block {
 public:
  // To be called before the first block.
  void begin();

  bool full() const { return size_ == symbols_.size(); }
  uint32_t size() const { return size_; } // literals and matches

  void add_literal(uint8_t byte) {
    symbols_[size_++] = byte;
    literal_counts_[byte]++;
  }

  // length: match_min to match_max. distance: 1 to 32768.
  void add_match(uint32_t length, uint32_t distance) {
    symbols_[size_++] = distance << length_bits | (length - match_min);
    literal_counts_[end_of_block + 1U + length_slots_[length - match_min]]++;
    distance_counts_[distance_slot(distance - 1)]++;
  }

  // Writes the block and begins the next one. raw: the input bytes of the block if it may be stored; else empty. False:
  // there is no room, and nothing is written.
  bool write(BitWriter& out, std::span<const char> raw, bool last);

 private:
  static constexpr uint32_t length_bits = 8;

  // The lengths of both codes, run-length encoded: RFC 1951 section 3.2.7.
  struct Header {
    uint32_t literals = 0; // HLIT + 257
    uint32_t distances = 0;
    uint32_t precodes = 0; // HCLEN + 4
    uint32_t size = 0;
    std::array<uint16_t, literal_symbols + distance_symbols> items; // extra bits << 5 | symbol
    std::array<uint8_t, precode_symbols> lengths;
  };

  uint32_t distance_slot(uint32_t d) const { // d: distance - 1
    return d < 256 ? distance_slots_[d] : distance_slots_[256 + (d >> 7)];
  }

  void clear();
  void make_fixed();
  uint64_t body_bits() const;
  void repeat(Header& header, uint32_t length, uint32_t count, std::span<uint32_t> counts);
  uint64_t make_header(Header& header);
  void write_header(BitWriter& out, const Header& header) const;
  void write_body(BitWriter& out) const;

  uint32_t size_;
  std::array<uint32_t, limits::gzip_symbols> symbols_; // a literal, or distance << length_bits | length - match_min
  std::array<uint32_t, literal_symbols> literal_counts_;
  std::array<uint32_t, distance_symbols> distance_counts_;
  // Both codes of the block that is being written; the fixed code has two more symbols, which are never used.
  std::array<uint8_t, literal_symbols + 2> literal_lengths_;
  std::array<uint16_t, literal_symbols + 2> literal_codes_;
  std::array<uint8_t, distance_symbols> distance_lengths_;
  std::array<uint16_t, distance_symbols> distance_codes_;
  std::array<uint8_t, 256> length_slots_;   // of length - match_min
  std::array<uint8_t, 512> distance_slots_; // of distance - 1; from index 256 on, of (distance - 1) >> 7
};

} // namespace minhttp::gzip
