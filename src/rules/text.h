// SPDX-License-Identifier: MIT
#pragma once
// The storage for the words of parsed rules: one pool of characters.
//
// Paths are stored decoded. In patterns and templates a NUL marks a wildcard or a capture; no path and no field value
// contains a NUL. The byte behind the NUL is
//   in a pattern   ':' for one segment or the first part of one, '*' for anything
//   in a template  the number of the capture, from 1

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::rules {

constexpr char mark = '\0';
constexpr char one_mark = ':';
constexpr char splat_mark = '*';

// A range of the pool.
struct Piece {
  uint32_t start = 0;
  uint32_t size = 0;
};

// The end of what a placeholder at the start of text can match: the next slash, or in a host the next dot.
inline size_t part_end(std::string_view text, bool in_host) {
  size_t end = find(text, '/');
  return in_host ? find(take(text, end), '.') : end;
}

class RuleText {
 public:
  RuleText() = default;
  explicit RuleText(std::span<char> memory) : memory_(memory) {}

  std::string_view view(Piece piece) const { return {memory_.data() + piece.start, piece.size}; }
  char at(uint32_t place) const { return memory_[place]; }

  // begin(), then byte() for each character, then end() returns the piece. drop_piece() discards it.
  void begin() { start_ = used_; }
  void byte(char c) {
    CHECK(used_ < memory_.size());
    memory_[used_++] = c;
  }
  Piece end() const { return {.start = start_, .size = used_ - start_}; }
  void drop_piece() { used_ = start_; }

  Piece add(std::string_view text) {
    begin();
    for (char c : text) byte(c);
    return end();
  }
  Piece add_reversed(std::string_view text) {
    begin();
    for (size_t i = text.size(); i > 0; i--) byte(text[i - 1]);
    return end();
  }

 private:
  std::span<char> memory_;
  uint32_t used_ = 0;
  uint32_t start_ = 0;
};

} // namespace minhttp::rules
