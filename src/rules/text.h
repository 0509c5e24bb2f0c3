// SPDX-License-Identifier: MIT
#pragma once
// Where the words of rules are kept, once they are understood: one pool of characters.
//
// Paths stand in it decoded, and in templates and patterns a NUL marks what is filled in;
// no path and no field value holds one. Behind the NUL:
//   in a pattern   ':' one segment or the first part of one, '*' anything
//   in a template  the number of the capture, from 1 up

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::rules {

constexpr char mark = '\0';
constexpr char one_mark = ':';
constexpr char splat_mark = '*';

// A piece of the pool.
struct Piece {
  uint32_t start = 0;
  uint32_t size = 0;
};

// Where the part of text ends that a placeholder at its beginning can stand for: at a slash, and in a host at a dot.
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

  // begin(), byte() for each, end(): what was written since. drop_piece() forgets it.
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
