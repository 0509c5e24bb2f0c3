// SPDX-License-Identifier: MIT
#pragma once
// What the parsers of _redirects and _headers share: lines, words, mistakes.

#include <string_view>

#include "base/bytes.h"
#include "http/character.h"
#include "rules/query.h"
#include "rules/rules.h"
#include "tables/limits.h"

namespace minhttp::rules {

// Splits a text into lines, without their ends (LF or CR LF).
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (starts_with(rest_, "\xef\xbb\xbf")) rest_ = drop(rest_, 3); // a byte order mark, which some editors write
  }
  bool next() {
    if (rest_.empty()) return false;
    line_ = take_until(rest_, '\n');
    if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
    line_ = trim(line_);
    number_++;
    return true;
  }
  // The current line, without blanks around it.
  std::string_view line() const { return line_; }
  uint32_t number() const { return number_; }
  bool blank() const { return line_.empty() || line_[0] == '#'; }

 private:
  std::string_view rest_;
  std::string_view line_;
  uint32_t number_ = 0;
};

// Removes the first word from text and returns it.
inline std::string_view take_word(std::string_view& text) {
  text = trim(text);
  size_t size = 0;
  while (size < text.size() && text[size] != ' ' && text[size] != '\t') size++;
  std::string_view word = take(text, size);
  text = drop(text, size);
  return word;
}

// Decodes a name or value of a query and hands each byte to step, until step returns false.
template <typename Step>
void decode(std::string_view text, const Step& step) {
  while (!text.empty()) {
    size_t used = 0;
    if (!step(decode_query(text, used))) return;
    text = drop(text, used);
  }
}

inline bool equal_decoded(std::string_view sent, std::string_view known) {
  size_t same = 0;
  size_t size = 0;
  decode(sent, [&](char c) {
    size++;
    if (same < known.size() && known[same] == c) same++;
    return same == size;
  });
  return same == size && size == known.size();
}

constexpr char foreign_host[] = "no request here is for this host";

// What is wrong with a line; empty: nothing.
inline std::string_view check_line(std::string_view line) {
  if (line.size() > limits::rules_line_max) return "a line of more than 4096 bytes: split or shorten it";
  for (char c : line) {
    if (!http::is(c, http::Class::field)) return "a control byte in the line: remove it";
  }
  return {};
}

// Whether a line of _headers begins a block.
inline bool is_path_line(std::string_view line) {
  if (!line.empty() && line[0] == '/') return true;
  for (size_t i = 0; i + 2 < line.size() && line[i] != ' ' && line[i] != '\t'; i++) {
    if (line[i] == ':') return line[i + 1] == '/' && line[i + 2] == '/';
  }
  return false;
}

// Reads one file; what is wrong in it is added to mistakes.
void parse_redirects(std::string_view text, std::string_view own_host, Diagnostics& mistakes, Rules& rules);
void parse_headers(std::string_view text, std::string_view own_host, Diagnostics& mistakes, Rules& rules);

// Compute how many steps one look-up can cost (Rules::redirect_steps, block_steps). More than limits::rules_steps_max
// are a mistake, so that no look-up has to be cut short at run time. The arena needs bound_bytes().
size_t bound_bytes(size_t nodes);
void bound_redirects(Arena& arena, Diagnostics& mistakes, Rules& rules);
void bound_blocks(Arena& arena, Diagnostics& mistakes, Rules& rules);

// Reports redirects that form a cycle. To be called if parse_redirects() found no error.
void find_cycles(Diagnostics& mistakes, Rules& rules);

// The number of the first matching rule after rule `after`, or 0.
struct RedirectFound {
  uint32_t rule = 0;
  uint32_t visits = 0;
};
RedirectFound find_redirect(const Rules& rules, const Subject& subject, Query& query, uint32_t after);

} // namespace minhttp::rules
