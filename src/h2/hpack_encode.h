// SPDX-License-Identifier: MIT
#pragma once
// Writes header blocks (RFC 7541) that refer to the static table only. So a block is the same for every connection, and
// needs no memory there (docs/decisions/35-response-heads-without-a-dynamic-table.md).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "http/status.h"

namespace minhttp::h2 {

class BlockWriter {
 public:
  explicit BlockWriter(std::span<char> to) : out_(to) {}

  void status(http::Status status);

  // Capitals of the name become small letters.
  void field(std::string_view name, std::string_view value) { pieces(name, {&value, 1}); }
  // The value is all the pieces, one after the other.
  void pieces(std::string_view name, std::span<const std::string_view> value);

  size_t size() const { return out_.size(); }

 private:
  void integer(unsigned prefix, uint8_t pattern, size_t value);
  void string(std::span<const std::string_view> pieces, bool lower = false);

  Writer out_;
};

} // namespace minhttp::h2
