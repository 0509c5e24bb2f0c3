// SPDX-License-Identifier: MIT
#pragma once
// Prefix codes of limited length: RFC 1951 section 3.2.2.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace minhttp::gzip {

constexpr size_t literal_symbols = 286; // bytes, the end of a block, lengths
constexpr size_t distance_symbols = 30;
constexpr size_t precode_symbols = 19; // of the code in which the lengths of codes are written
constexpr uint32_t end_of_block = 256;
constexpr uint32_t code_bits_max = 15;
constexpr uint32_t precode_bits_max = 7;

// How long the code of each symbol shall be, at most bits_max; 0 where counts has 0. counts: 2 to literal_symbols of
// them, their sum at most 2^22, no more than 2^bits_max above 0. With less than two symbols that occur, symbols 0 and 1
// are taken in, because some decoders refuse a code that is not complete.
void choose_lengths(std::span<const uint32_t> counts, uint32_t bits_max, std::span<uint8_t> lengths);

// The codes of these lengths, their first bit lowest. As many as lengths.
void assign_codes(std::span<const uint8_t> lengths, std::span<uint16_t> codes);

} // namespace minhttp::gzip
