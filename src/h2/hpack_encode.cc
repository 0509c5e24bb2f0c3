// SPDX-License-Identifier: MIT
#include "h2/hpack_encode.h"

#include "h2/huffman.h"
#include "h2/static_table.h"

namespace minhttp::h2 {
namespace {

// The first bits of a field (RFC 7541 section 6), and how many bits its index has.
constexpr uint8_t indexed_field = 0x80;
constexpr unsigned indexed_bits = 7;
constexpr uint8_t literal_field = 0; // without indexing
constexpr unsigned literal_bits = 4;
constexpr uint8_t coded_string = 0x80;
constexpr unsigned string_bits = 7;

} // namespace

// Section 5.1.
void BlockWriter::integer(unsigned prefix, uint8_t pattern, size_t value) {
  size_t most = (size_t{1} << prefix) - 1;
  if (value < most) return (void)out_.byte(static_cast<char>(pattern | value));
  out_.byte(static_cast<char>(pattern | most));
  for (value -= most; value >= 0x80; value >>= 7) out_.byte(static_cast<char>((value & 0x7f) | 0x80));
  out_.byte(static_cast<char>(value));
}

void BlockWriter::string(std::span<const std::string_view> pieces, bool lower) {
  size_t plain = 0;
  size_t bits = 0;
  for (std::string_view piece : pieces) {
    plain += piece.size();
    bits += huffman_bits(piece, lower);
  }
  size_t coded = (bits + 7) / 8;
  if (coded >= plain) {
    integer(string_bits, 0, plain);
    for (std::string_view piece : pieces) {
      if (!lower) out_.text(piece);
      for (size_t i = 0; lower && i < piece.size(); i++) out_.byte(to_lower(piece[i]));
    }
    return;
  }
  integer(string_bits, coded_string, coded);
  HuffmanEncoder encoder(out_.reserve(coded));
  for (std::string_view piece : pieces) encoder.add(piece, lower);
  encoder.finish();
}

void BlockWriter::status(http::Status status) {
  std::string_view code = take(http::status_text(status), 3);
  field(":status", code);
}

void BlockWriter::pieces(std::string_view name, std::span<const std::string_view> value) {
  StaticMatch match = find_static(name, value.size() == 1 ? value[0] : std::string_view());
  if (match.entry != 0 && value.size() == 1) return integer(indexed_bits, indexed_field, match.entry);
  integer(literal_bits, literal_field, match.name);
  if (match.name == 0) string({&name, 1}, true);
  string(value);
}

} // namespace minhttp::h2
