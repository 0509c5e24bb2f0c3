// SPDX-License-Identifier: MIT
#pragma once
// What a rule writes: the target of a redirect, or a field's value, with the places where
// something from the request is filled in.

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/pattern.h"
#include "rules/text.h"

namespace minhttp::rules {

// Writes what fits, and says whether all did.
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
  bool has_query = false; // its own; the request's is not passed on
  bool captures = false;  // something is filled in
};

// word: a path, or an http or https URL. Returns what is wrong with it; empty: nothing.
std::string_view parse_target(std::string_view word, const Names& names, RuleText& text, Target& target);

// A field value: any text without control bytes. A name that nothing captures stays text.
Piece add_value(std::string_view value, const Names& names, RuleText& text);

// What is filled in. The first path_count come from the decoded path, the others from the
// query as they were sent.
struct Captures {
  std::array<std::string_view, captures_max> texts;
  size_t path_count = 0;
};

// The target with everything filled in and encoded as its place needs: no control byte, no
// space, and a path that begins with one slash however the captures begin. path_only:
// without query and fragment. query: the request's with its '?', passed on; may be empty.
void write_target(Bounded& out, std::string_view target, const Captures& captures, bool path_only,
                  std::string_view query);

void write_value(Bounded& out, std::string_view value, const Captures& captures);

// A byte of a query, decoded: `+` is a space. used: how many bytes it took.
char decode_query(std::string_view text, size_t& used);

} // namespace minhttp::rules
