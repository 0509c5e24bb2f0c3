// SPDX-License-Identifier: MIT
#pragma once
// The path pattern of a rule.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/path.h"
#include "rules/text.h"
#include "tables/limits.h"

namespace minhttp::rules {

constexpr size_t captures_max = limits::rules_captures_max + limits::rules_conditions_max;

// The names of captures, in order: first those of the path, then those of the query.
struct Names {
  std::array<std::string_view, captures_max> names;
  uint8_t count = 0;

  // The number of a name, from 1; 0: there is no such name.
  uint8_t number(std::string_view name) const {
    for (uint8_t i = 0; i < count; i++) {
      if (equal(names[i], name)) return static_cast<uint8_t>(i + 1);
    }
    return 0;
  }
};

// The length of the placeholder at the start of text, which begins with ':': the colon, a letter, then letters, digits
// and underscores. 0: it is only a colon.
size_t placeholder_size(std::string_view text);

struct Pattern {
  Piece text; // [host] path, decoded, with a slash at its end, see text.h
  Names names;
  uint8_t wildcards = 0;
  bool http = false;    // written with http://; the scheme of a request is not compared
  bool foreign = false; // no request to this server can be for this host
  bool never = false;   // wrong in a way that no request can match: the rule may be left out
  bool hidden = false;  // the same, because the path is that of a hidden file
};

// word: a path, or https:// (or http://) with a host and a path; a placeholder in the host stands for a label, or for
// the beginning of one. own_host: if all requests for these rules are for one host, that host; else empty. Returns what
// is wrong; empty: nothing.
std::string_view parse_pattern(std::string_view word, std::string_view own_host, RuleText& text, Pattern& pattern);

// Writes what patterns are compared with, [host] '/' name '/', into out, which must hold subject_max bytes. host may be
// empty; it is written in lower case and without its port.
constexpr size_t subject_max = limits::host_max + limits::target_max + 2;
struct Subject {
  std::string_view text;
  size_t host_size = 0;     // length of the host at the start of text
  bool slash_added = false; // the path had no slash at its end
};
Subject write_subject(std::string_view host, const http::Path& path, std::span<char> out);

// Finds what the wildcards of pattern stand for in text, which must match it; returns their number.
size_t capture(std::string_view pattern, std::string_view text, bool slash_added, std::span<std::string_view> out);

} // namespace minhttp::rules
