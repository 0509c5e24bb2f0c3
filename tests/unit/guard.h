// SPDX-License-Identifier: MIT
#pragma once
// Memory with an unmapped page on both sides: one byte too far ends the program.

#include <cstddef>
#include <span>
#include <string_view>

namespace minhttp::test {

class Guard {
 public:
  // size: the longest text that will be placed.
  explicit Guard(size_t size);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // A copy of text whose last byte is the last before the page behind.
  std::string_view at_end(std::string_view text);
  // size bytes that end, or begin, at the unmapped page.
  std::span<char> last(size_t size);
  std::span<char> first(size_t size);

 private:
  char* mapping_;
  size_t page_;
  size_t size_; // of the usable part, whole pages
};

} // namespace minhttp::test
