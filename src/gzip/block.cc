// SPDX-License-Identifier: MIT
#include "gzip/block.h"

namespace minhttp::gzip {

namespace {

enum class Kind : uint8_t { stored, fixed, dynamic }; // BTYPE

constexpr uint32_t repeat_length = 16; // symbols of the precode after those of the lengths
constexpr uint32_t few_zeros = 17;
constexpr uint32_t many_zeros = 18;
constexpr uint32_t item_bits = 5;
constexpr std::array<uint8_t, precode_symbols> precode_order = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                11, 4,  12, 3, 13, 2, 14, 1, 15};

// Extra bits after the code of a length or a distance: RFC 1951 section 3.2.5. The start of each slot is a multiple of
// the range of its extra bits, so these are the lowest bits of length - 3, or of distance - 1.
constexpr uint32_t length_extra(uint32_t slot) { return slot < 8 || slot == 28 ? 0 : slot / 4 - 1; }
constexpr uint32_t distance_extra(uint32_t slot) { return slot < 4 ? 0 : slot / 2 - 1; }
constexpr uint32_t precode_extra(uint32_t symbol) {
  if (symbol < repeat_length) return 0;
  return symbol == repeat_length ? 2 : symbol == few_zeros ? 3 : 7;
}
constexpr uint32_t low(uint32_t value, uint32_t bits) { return value & ((1U << bits) - 1); }

} // namespace

void Block::begin() {
  uint32_t at = 0;
  for (uint32_t slot = 0; at < length_slots_.size(); slot++) {
    for (uint32_t i = 0; i < 1U << length_extra(slot); i++) length_slots_[at++] = static_cast<uint8_t>(slot);
  }
  length_slots_[255] = 28; // the greatest length has a slot of its own
  at = 0;
  for (uint32_t slot = 0; at < 256; slot++) {
    for (uint32_t i = 0; i < 1U << distance_extra(slot); i++) distance_slots_[at++] = static_cast<uint8_t>(slot);
  }
  at = 256 + 2; // from here on slots have at least 7 extra bits
  for (uint32_t slot = 16; slot < distance_symbols; slot++) {
    for (uint32_t i = 0; i < 1U << (distance_extra(slot) - 7); i++) distance_slots_[at++] = static_cast<uint8_t>(slot);
  }
  clear();
}

void Block::clear() {
  size_ = 0;
  literal_counts_ = {};
  distance_counts_ = {};
  literal_counts_[end_of_block] = 1;
}

void Block::make_fixed() {
  for (size_t i = 0; i < literal_lengths_.size(); i++) {
    literal_lengths_[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  }
  for (uint8_t& length : distance_lengths_) length = 5;
}

// The size of the symbols with the current codes, in bits.
uint64_t Block::body_bits() const {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < literal_symbols; i++) {
    uint32_t extra = i <= end_of_block ? 0 : length_extra(i - end_of_block - 1);
    bits += uint64_t{literal_counts_[i]} * (literal_lengths_[i] + extra);
  }
  for (uint32_t i = 0; i < distance_symbols; i++)
    bits += uint64_t{distance_counts_[i]} * (distance_lengths_[i] + distance_extra(i));
  return bits;
}

// Encodes count times the same length.
void Block::repeat(Header& header, uint32_t length, uint32_t count, std::span<uint32_t> counts) {
  auto add = [&](uint32_t symbol, uint32_t extra) {
    header.items[header.size++] = static_cast<uint16_t>(extra << item_bits | symbol);
    counts[symbol]++;
  };
  if (length != 0) {
    add(length, 0);
    count--;
  }
  while (count >= 3) {
    uint32_t most = length != 0 ? 6 : 138;
    uint32_t n = count < most ? count : most;
    if (length != 0) {
      add(repeat_length, n - 3);
    } else if (n <= 10) {
      add(few_zeros, n - 3);
    } else {
      add(many_zeros, n - 11);
    }
    count -= n;
  }
  for (; count > 0; count--) add(length, 0);
}

// Chooses both codes and encodes their lengths; returns the size of the header in bits.
uint64_t Block::make_header(Header& header) {
  std::span<uint8_t> literals(literal_lengths_.data(), literal_symbols);
  literal_lengths_[literal_symbols] = literal_lengths_[literal_symbols + 1] = 0;
  choose_lengths(literal_counts_, code_bits_max, literals);
  choose_lengths(distance_counts_, code_bits_max, distance_lengths_);
  header.literals = literal_symbols;
  while (literals[header.literals - 1] == 0) header.literals--; // ends at end_of_block at the latest
  header.distances = distance_symbols;
  while (distance_lengths_[header.distances - 1] == 0) header.distances--; // at least two symbols have a code

  std::array<uint32_t, precode_symbols> counts = {};
  uint32_t total = header.literals + header.distances;
  auto length_at = [&](uint32_t i) {
    return i < header.literals ? literals[i] : distance_lengths_[i - header.literals];
  };
  for (uint32_t i = 0; i < total;) {
    uint32_t begin = i;
    uint8_t length = length_at(begin);
    while (i < total && length_at(i) == length) i++;
    repeat(header, length, i - begin, counts);
  }
  choose_lengths(counts, precode_bits_max, header.lengths);
  header.precodes = precode_symbols;
  while (header.precodes > 4 && header.lengths[precode_order[header.precodes - 1]] == 0) header.precodes--;
  uint64_t bits = 5 + 5 + 4 + 3 * header.precodes;
  for (uint32_t i = 0; i < precode_symbols; i++) bits += uint64_t{counts[i]} * (header.lengths[i] + precode_extra(i));
  return bits;
}

void Block::write_header(BitWriter& out, const Header& header) const {
  out.put(header.literals - 257, 5);
  out.put(header.distances - 1, 5);
  out.put(header.precodes - 4, 4);
  out.flush();
  for (uint32_t i = 0; i < header.precodes; i++) {
    out.put(header.lengths[precode_order[i]], 3);
    out.flush();
  }
  std::array<uint16_t, precode_symbols> codes;
  assign_codes(header.lengths, codes);
  for (uint32_t i = 0; i < header.size; i++) {
    uint32_t symbol = low(header.items[i], item_bits);
    out.put(codes[symbol], header.lengths[symbol]);
    out.put(header.items[i] >> item_bits, precode_extra(symbol));
    out.flush();
  }
}

void Block::write_body(BitWriter& out) const {
  BitWriter to = out; // a copy that stays in registers
  for (uint32_t i = 0; i < size_; i++) {
    uint32_t symbol = symbols_[i];
    uint32_t distance = symbol >> length_bits;
    if (distance == 0) {
      to.put(literal_codes_[symbol], literal_lengths_[symbol]);
    } else {
      uint32_t length = low(symbol, length_bits);
      uint32_t slot = length_slots_[length];
      to.put(literal_codes_[end_of_block + 1 + slot], literal_lengths_[end_of_block + 1 + slot]);
      uint32_t extra = length_extra(slot);
      to.put(low(length, extra), extra);
      distance--;
      slot = distance_slot(distance);
      to.put(distance_codes_[slot], distance_lengths_[slot]);
      extra = distance_extra(slot);
      to.put(low(distance, extra), extra); // at most 15 + 5 + 15 + 13 bits, and 7 that wait
    }
    to.flush();
  }
  to.put(literal_codes_[end_of_block], literal_lengths_[end_of_block]);
  to.flush();
  out = to;
}

bool Block::write(BitWriter& out, std::span<const char> raw, bool last) {
  constexpr uint64_t kind_bits = 3;
  Header header;
  make_fixed();
  uint64_t fixed_bits = kind_bits + body_bits();
  uint64_t dynamic_bits = kind_bits + make_header(header);
  dynamic_bits += body_bits();
  uint64_t stored_bits = kind_bits + 7 + 32 + uint64_t{raw.size()} * 8; // with up to 7 bits of padding

  Kind kind = fixed_bits <= dynamic_bits ? Kind::fixed : Kind::dynamic;
  uint64_t bits = kind == Kind::fixed ? fixed_bits : dynamic_bits;
  if (!raw.empty() && stored_bits < bits) {
    kind = Kind::stored;
    bits = stored_bits;
  }
  if (!out.has_room(bits)) return false;

  out.put((last ? 1U : 0U) | static_cast<uint32_t>(kind) << 1, kind_bits);
  if (kind == Kind::stored) {
    CHECK(raw.size() <= stored_max);
    out.align();
    out.put(raw.size() | (raw.size() ^ 0xffff) << 16, 32); // LEN and NLEN
    out.flush();
    out.bytes(raw.data(), raw.size());
  } else {
    if (kind == Kind::fixed) make_fixed();
    if (kind == Kind::dynamic) write_header(out, header);
    assign_codes(literal_lengths_, literal_codes_);
    assign_codes(distance_lengths_, distance_codes_);
    write_body(out);
  }
  clear();
  return true;
}

} // namespace minhttp::gzip
