// SPDX-License-Identifier: MIT
#pragma once
// Why an answer is what it is, for `minhttp check --explain`: the server itself takes no notes.

#include <span>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::serve {

class Trace {
 public:
  explicit Trace(std::span<char> memory) : out_(memory) {}

  // A line of its own; what does not fit is left out.
  void say(std::string_view what, std::string_view about = {}, std::string_view more = {}) {
    if (out_.room() < what.size() + about.size() + more.size() + 3) return;
    out_.text(what);
    if (!about.empty() || !more.empty()) out_.byte(' ').text(about).text(more);
    out_.byte('\n');
  }
  void print_line(std::string_view what, uint32_t line) {
    char digits[10];
    Writer number(digits);
    number.decimal(line);
    say(what, number.view());
  }
  std::string_view text() const { return out_.view(); }

 private:
  Writer out_;
};

} // namespace minhttp::serve
