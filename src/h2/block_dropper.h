// SPDX-License-Identifier: MIT
#pragma once
// Drops the rest of a header block that is larger than a request's fields may be. The dynamic table must see all of it
// (RFC 7541 section 2.2), though nobody wants the fields; but a field may be larger than the memory for a block. So
// whole fields are decoded as they come, and of a field that is too large for that memory the strings are skipped: an
// entry that is larger than the table empties it, whatever its bytes are (section 4.4).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "h2/dynamic_table.h"
#include "h2/frame.h"
#include "tables/limits.h"

namespace minhttp::h2 {

// The bytes of text that are whole fields; or all of them, if the decoder will find an error behind these.
size_t whole_fields(std::string_view text);

class BlockDropper {
 public:
  // Bytes of a field's strings; a field with more is skipped.
  static constexpr uint32_t field_max = limits::head_max - 32;

  // Drops what it can of the front of a block's next bytes, and says how much that is. What is left, less than
  // limits::head_max bytes, is to be passed again with further bytes behind it.
  //
  // compression_error: the block is malformed. enhance_your_calm: as of Decoder::decode(), or a field that is too large
  // to be decoded may fit the table; that needs a table larger than limits::hpack_table_initial.
  Error drop(std::string_view text, DynamicTable& table, std::span<char> scratch, size_t& used);

  // Whether the block may end behind what was dropped.
  bool between_fields() const { return left_ == 0 && !value_follows_; }

 private:
  Error skip_field(std::string_view text, DynamicTable& table, size_t& used);

  uint32_t left_ = 0;          // bytes of a string that are still to be skipped
  bool value_follows_ = false; // the name was skipped
  size_t copied_ = 0;          // see Decoder
};

} // namespace minhttp::h2
