// SPDX-License-Identifier: MIT
#pragma once
// The path that a rule is for.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/path.h"
#include "rules/text.h"
#include "tables/limits.h"

namespace minhttp::rules {

constexpr size_t captures_max = limits::rules_captures_max + limits::rules_conditions_max;

// The names of captures, in their order: those of the path, then those of the query.
struct Names {
  std::array<std::string_view, captures_max> names;
  uint8_t count = 0;

  // 1 for the first; 0: there is none of that name.
  uint8_t number(std::string_view name) const {
    for (uint8_t i = 0; i < count; i++) {
      if (equal(names[i], name)) return static_cast<uint8_t>(i + 1);
    }
    return 0;
  }
};

// How many bytes of text, which begins with ':', are a placeholder: its colon, a letter,
// and letters, digits and underscores. 0: it is a colon and nothing more.
size_t placeholder_size(std::string_view text);

struct Pattern {
  Piece text; // [host] path, decoded, with a slash at its end, see rule_text.h
  Names names;
  uint8_t wildcards = 0;
  bool http = false;    // written with http://; the scheme of a request is not compared
  bool foreign = false; // no request here is for this host
  bool never = false;   // with something wrong: no request can match, so the rule can be left out
  bool hidden = false;  // the same, because the path is a hidden file's
};

// word: a path, or https:// (or http://) with a host and a path; in the host a placeholder is a label, or the
// beginning of one. own_host: the only host whose requests ask for these rules, or empty. Returns what is wrong
// with it; empty: nothing.
std::string_view parse_pattern(std::string_view word, std::string_view own_host, RuleText& text, Pattern& pattern);

// What a pattern is compared with: [host] '/' name '/'. Written into out, which has
// subject_max bytes; host may be empty. Hosts: in lower case, without the port.
constexpr size_t subject_max = limits::host_max + limits::target_max + 2;
struct Subject {
  std::string_view text;
  size_t host_size = 0;     // at its start
  bool slash_added = false; // the path has none at its end
};
Subject write_subject(std::string_view host, const http::Path& path, std::span<char> out);

// What the wildcards of pattern stand for in text, which it matches; returns their number.
size_t capture(std::string_view pattern, std::string_view text, bool slash_added, std::span<std::string_view> out);

} // namespace minhttp::rules
