// SPDX-License-Identifier: MIT
#pragma once
// Decodes header blocks (RFC 7541). The table of each connection must see all of its blocks, also those whose fields
// nobody wants: otherwise the peer's table and ours differ from then on.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "h2/dynamic_table.h"
#include "h2/frame.h"

namespace minhttp::h2 {

class Decoder {
 public:
  // scratch: at least table.allowed() bytes; decoded strings are put there, one field at a time.
  Decoder(DynamicTable& table, std::span<char> scratch) : table_(table), scratch_(scratch) {
    CHECK(scratch.size() >= table.allowed());
  }

  // Decodes a whole block: the fragments of HEADERS and its CONTINUATIONs, joined. The sink gets each field, in order:
  //
  //   bool field(std::string_view name, std::string_view value);
  //   bool oversized(std::string_view name); // the value, or also the name, which is empty then, does not fit scratch
  //
  // The views are valid during the call. False: the sink wants no more of this block; then a reference costs the same
  // few steps, however long the entry is, and only the table is kept in step.
  //
  // no_error: the block was decoded to its end. compression_error: it is malformed. enhance_your_calm: its entries copy
  // more than limits::hpack_copied_max bytes of names from each other. With both errors the table is out of step, and
  // the connection must end.
  template <typename Sink>
  Error decode(std::string_view block, Sink& sink) {
    Field field;
    begin(block);
    while (next(field)) {
      if (wanted_) wanted_ = field.oversized ? sink.oversized(field.name) : sink.field(field.name, field.value);
    }
    return error_;
  }

  // Keeps the table in step with fields that nobody wants, from a block whose beginning was decoded or dropped. copied:
  // of the calls for this block until now, 0 before the first one.
  Error drop_rest(std::string_view fields, size_t& copied);

 private:
  struct Field {
    std::string_view name;
    std::string_view value;
    bool oversized;
  };

  void begin(std::string_view block);
  bool next(Field& field); // false: the end, or an error
  bool indexed(Field& field);
  bool literal(Field& field, unsigned prefix, bool insert);
  bool string(std::string_view& text, std::span<char>& room, bool& oversized);
  bool integer(unsigned prefix, uint32_t& value);
  bool name_of(uint32_t index, bool insert, std::span<char>& room, std::string_view& name);
  bool fail(Error error);

  DynamicTable& table_;
  std::span<char> scratch_;
  std::string_view rest_; // of the block
  size_t copied_ = 0;     // bytes of names that insertions took from the table, in this block
  bool wanted_ = true;    // the sink wants more fields
  Error error_ = Error::no_error;
};

} // namespace minhttp::h2
