// SPDX-License-Identifier: MIT
#include "h2/block_dropper.h"

#include "base/bytes.h"
#include "h2/hpack_decode.h"

namespace minhttp::h2 {
namespace {

enum class Found : uint8_t { all, cut_off, malformed };

// A string literal's length (RFC 7541 section 5.2).
struct Length {
  uint32_t bytes = 0;
  bool coded = false; // with Huffman's code

  // The text is at least so long: no code is longer than 30 bits, and padding has at most 7.
  size_t text_least() const { return coded ? size_t{bytes} * 8 / 30 : bytes; }
};

// What is known of a field without decoding it.
struct Shape {
  Found found = Found::cut_off;
  size_t size = 0; // of the field in bytes, where all is found; else that of the part whose lengths are known
  bool inserts = false;
  Length name;  // nothing if the name is an entry's
  Length value; // nothing if it was not found
};

// RFC 7541 section 5.1, with at most as many bytes as the decoder takes. at: moves behind the number, if that is found.
Found find_number(std::string_view text, size_t& at, unsigned prefix, uint32_t& value) {
  if (at >= text.size()) return Found::cut_off;
  uint32_t most = (1U << prefix) - 1;
  size_t next = at;
  value = static_cast<unsigned char>(text[next++]) & most;
  unsigned char byte = value == most ? 0x80 : 0;
  for (unsigned shift = 0; (byte & 0x80) != 0; shift += 7) {
    if (shift == 28) return Found::malformed;
    if (next == text.size()) return Found::cut_off;
    byte = static_cast<unsigned char>(text[next++]);
    value += (byte & 0x7fU) << shift;
  }
  at = next;
  return Found::all;
}

// at: moves behind the string, which may be behind the end of the text; if the length is found.
Found find_string(std::string_view text, size_t& at, Length& length) {
  bool coded = at < text.size() && (text[at] & 0x80) != 0;
  uint32_t bytes = 0;
  Found found = find_number(text, at, 7, bytes);
  if (found != Found::all) return found;
  length = {.bytes = bytes, .coded = coded};
  at += bytes;
  return found;
}

// The first field of text, or a change of the table's size.
Shape shape_of(std::string_view text) {
  Shape shape;
  if (text.empty()) return shape;
  auto first = static_cast<unsigned char>(text[0]);
  bool indexed = (first & 0x80) != 0;
  bool resizes = (first & 0xe0) == 0x20;
  shape.inserts = (first & 0xc0) == 0x40;
  unsigned prefix = indexed ? 7 : shape.inserts ? 6 : resizes ? 5 : 4;
  uint32_t index = 0;
  shape.found = find_number(text, shape.size, prefix, index);
  if (shape.found != Found::all || indexed || resizes) return shape;
  if (index == 0) shape.found = find_string(text, shape.size, shape.name);
  if (shape.found == Found::all) shape.found = find_string(text, shape.size, shape.value);
  return shape;
}

} // namespace

size_t whole_fields(std::string_view text) {
  size_t used = 0;
  while (true) {
    Shape shape = shape_of(drop(text, used));
    if (shape.found == Found::malformed) return text.size();
    if (shape.found == Found::cut_off || shape.size > text.size() - used) return used;
    used += shape.size;
    cost::add(cost::Kind::states);
  }
}

Error BlockDropper::drop(std::string_view text, DynamicTable& table, std::span<char> scratch, size_t& used) {
  used = 0;
  while (true) {
    size_t skipped = text.size() - used < left_ ? text.size() - used : left_;
    used += skipped;
    left_ -= static_cast<uint32_t>(skipped);
    if (left_ > 0 || used == text.size()) return Error::no_error;
    if (!value_follows_) break;
    size_t at = used;
    Length value;
    Found found = find_string(text, at, value);
    if (found == Found::malformed) return Error::compression_error;
    if (found == Found::cut_off) return Error::no_error;
    used = at - value.bytes;
    left_ = value.bytes;
    value_follows_ = false;
  }
  size_t whole = whole_fields(minhttp::drop(text, used));
  Error error = Decoder(table, scratch).drop_rest(take(minhttp::drop(text, used), whole), copied_);
  used += whole;
  return error == Error::no_error ? skip_field(text, table, used) : error;
}

// The next field is not whole. Where it never will be, its strings are skipped.
Error BlockDropper::skip_field(std::string_view text, DynamicTable& table, size_t& used) {
  Shape shape = shape_of(minhttp::drop(text, used));
  if (shape.name.bytes + shape.value.bytes <= field_max) return Error::no_error;
  if (shape.inserts) {
    size_t least = shape.name.text_least() + shape.value.text_least() + limits::hpack_entry_overhead;
    if (least <= table.max()) return Error::enhance_your_calm;
    table.clear();
  }
  value_follows_ = shape.found == Found::cut_off;
  size_t rest = text.size() - used;
  size_t skipped = shape.size < rest ? shape.size : rest;
  left_ = static_cast<uint32_t>(shape.size - skipped);
  used += skipped;
  return Error::no_error;
}

// A skipped field is larger than the initial table even if it is coded as densely as possible.
static_assert(BlockDropper::field_max * 8 / 30 - 1 + limits::hpack_entry_overhead > limits::hpack_table_initial);

} // namespace minhttp::h2
