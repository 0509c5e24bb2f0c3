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
constexpr size_t precode_symbols = 19; // of the code that encodes the code lengths
constexpr uint32_t end_of_block = 256;
constexpr uint32_t code_bits_max = 15;
constexpr uint32_t precode_bits_max = 7;

// Chooses the code length of each symbol: at most bits_max, 0 if its count is 0. counts: 2 to literal_symbols of them,
// their sum at most 2^22, at most 2^bits_max of them not 0. If less than two symbols occur, unused symbols, the lowest
// first, are added to make two, because some decoders refuse an incomplete code.
void choose_lengths(std::span<const uint32_t> counts, uint32_t bits_max, std::span<uint8_t> lengths);

// Assigns the codes for these lengths, with the first bit lowest. codes: as many as lengths.
void assign_codes(std::span<const uint8_t> lengths, std::span<uint16_t> codes);

} // namespace minhttp::gzip
