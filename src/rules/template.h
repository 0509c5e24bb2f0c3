// SPDX-License-Identifier: MIT
#pragma once
// The output of a rule: the target of a redirect, or a field value, with captures from the request filled in.

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/pattern.h"
#include "rules/text.h"

namespace minhttp::rules {

// Writes as much as fits, and notes whether something did not.
class Bounded {
 public:
  explicit Bounded(std::span<char> out) : out_(out) {}
  void byte(char c) {
    cost::add(cost::Kind::bytes);
    if (used_ == out_.size()) {
      full_ = true;
    } else {
      out_[used_++] = c;
    }
  }
  void text(std::string_view text) {
    for (char c : text) byte(c);
  }
  bool full() const { return full_; }
  std::string_view view() const { return {out_.data(), used_}; }

 private:
  std::span<char> out_;
  size_t used_ = 0;
  bool full_ = false;
};

struct Target {
  Piece text;
  bool absolute = false;  // begins with a scheme and a host
  bool has_query = false; // a query of its own: the query of the request is not passed on
  bool captures = false;  // at least one capture is filled in
};

// word: a path, or an http or https URL. Returns what is wrong; empty: nothing.
std::string_view parse_target(std::string_view word, const Names& names, RuleText& text, Target& target);

// A field value: any text without control bytes. A placeholder of unknown name stays text.
Piece add_value(std::string_view value, const Names& names, RuleText& text);

// The captured texts. The first path_count are from the decoded path, the others from the query, still encoded.
struct Captures {
  std::array<std::string_view, captures_max> texts;
  size_t path_count = 0;
};

// Writes the target with captures filled in, each encoded as its position requires. The result has no control byte and
// no space, and its path begins with exactly one slash, whatever the captures begin with. path_only: without query and
// fragment. query: of the request, with its '?', passed on; may be empty.
void write_target(Bounded& out, std::string_view target, const Captures& captures, bool path_only,
                  std::string_view query);

void write_value(Bounded& out, std::string_view value, const Captures& captures);

// Decodes one byte of a query: `+` is a space. used: the number of bytes that it took.
char decode_query(std::string_view text, size_t& used);

} // namespace minhttp::rules
