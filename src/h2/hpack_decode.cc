// SPDX-License-Identifier: MIT
#include "h2/hpack_decode.h"

#include "base/bytes.h"
#include "h2/huffman.h"

namespace minhttp::h2 {
namespace {

constexpr unsigned size_updates_max = 2; // RFC 7541 section 4.2: the smallest size in between, and the last one

bool is_size_update(std::string_view text) { return !text.empty() && (text[0] & 0xe0) == 0x20; }

} // namespace

bool Decoder::fail(Error error) {
  error_ = error;
  return false;
}

// RFC 7541 section 5.1. Numbers have at most four bytes behind the prefix: more than any size or index here needs.
bool Decoder::integer(unsigned prefix, uint32_t& value) {
  if (rest_.empty()) return fail(Error::compression_error);
  uint32_t most = (1U << prefix) - 1;
  value = static_cast<unsigned char>(rest_[0]) & most;
  size_t used = 1;
  if (value == most) {
    unsigned char byte = 0;
    do {
      if (used == rest_.size() || used == 5) return fail(Error::compression_error);
      byte = static_cast<unsigned char>(rest_[used]);
      value += (byte & 0x7fU) << (7 * (used - 1)); // less than 2^28 and 2^8: cannot overflow
      used++;
    } while ((byte & 0x80) != 0);
  }
  rest_ = drop(rest_, used);
  return true;
}

// Section 5.2. A Huffman-coded string is decoded into room, and its bytes are taken off there.
bool Decoder::string(std::string_view& text, std::span<char>& room, bool& oversized) {
  bool coded = !rest_.empty() && (rest_[0] & 0x80) != 0;
  uint32_t size = 0;
  if (!integer(7, size)) return false;
  if (size > rest_.size()) return fail(Error::compression_error);
  text = take(rest_, size);
  rest_ = drop(rest_, size);
  if (!coded) return true;
  auto decoded = huffman_decode(text, room);
  if (!decoded) return fail(Error::compression_error);
  if (*decoded > room.size()) {
    oversized = true;
    text = {};
    return true;
  }
  text = {room.data(), *decoded};
  room = room.subspan(*decoded);
  return true;
}

void Decoder::begin(std::string_view block) {
  rest_ = block;
  copied_ = 0;
  wanted_ = true;
  error_ = Error::no_error;
  for (unsigned updates = 0; is_size_update(rest_) && updates < size_updates_max; updates++) {
    uint32_t size = 0;
    if (!integer(5, size)) return;
    if (size > table_.allowed()) {
      error_ = Error::compression_error;
      return;
    }
    table_.resize(size);
  }
}

Error Decoder::drop_rest(std::string_view fields, size_t& copied) {
  rest_ = fields;
  copied_ = copied;
  wanted_ = false;
  error_ = Error::no_error;
  Field field;
  while (next(field)) continue;
  copied = copied_;
  return error_;
}

// Section 6.
bool Decoder::next(Field& field) {
  if (rest_.empty() || error_ != Error::no_error) return false;
  field = {};
  if ((rest_[0] & 0x80) != 0) return indexed(field);
  if ((rest_[0] & 0x40) != 0) return literal(field, 6, true);
  if (is_size_update(rest_)) return fail(Error::compression_error); // not at the beginning, or too many
  return literal(field, 4, false); // what must never be indexed is of no concern to us, who forward nothing
}

bool Decoder::indexed(Field& field) {
  uint32_t index = 0;
  if (!integer(7, index)) return false;
  if (index == 0 || index > static_count + table_.count()) return fail(Error::compression_error);
  if (!wanted_) return true;
  TableEntry entry = index <= static_count ? static_entry(index) : table_.entry(index - static_count - 1, scratch_);
  field.name = entry.name;
  field.value = entry.value;
  return true;
}

// The name of a literal that refers to an entry. Insertion may evict that entry (section 4.4), so it gets a copy.
bool Decoder::name_of(uint32_t index, bool insert, std::span<char>& room, std::string_view& name) {
  if (index > static_count + table_.count()) return fail(Error::compression_error);
  if (index <= static_count) {
    name = static_entry(index).name;
    return true;
  }
  if (!wanted_ && !insert) return true;
  name = table_.name(index - static_count - 1, room);
  if (insert && name.data() != room.data()) {
    Writer copy(room);
    copy.text(name);
    name = copy.view();
  }
  if (insert) copied_ += name.size();
  if (copied_ > limits::hpack_copied_max) return fail(Error::enhance_your_calm);
  if (name.data() == room.data()) room = room.subspan(name.size());
  return true;
}

bool Decoder::literal(Field& field, unsigned prefix, bool insert) {
  uint32_t index = 0;
  if (!integer(prefix, index)) return false;
  std::span<char> room = wanted_ || insert ? scratch_ : std::span<char>();
  bool known = index != 0 ? name_of(index, insert, room, field.name) : string(field.name, room, field.oversized);
  if (!known || !string(field.value, room, field.oversized)) return false;
  if (!insert) return true;
  // Neither does the table hold what scratch does not: that is at least as large.
  if (field.oversized) {
    table_.clear();
  } else {
    table_.insert(field.name, field.value);
  }
  return true;
}

} // namespace minhttp::h2
