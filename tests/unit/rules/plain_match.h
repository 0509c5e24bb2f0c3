// SPDX-License-Identifier: MIT
#pragma once
// The plainest matcher of paths that there is, to hold the rules' tree against: names of
// placeholders are small letters, and nothing is escaped.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minhttp::test {

using Captures = std::vector<std::pair<std::string, std::string>>;

// Whether pattern matches text from here on, by trying everything.
inline bool matches(std::string_view pattern, std::string_view text, Captures& captures) {
  if (pattern.empty()) return text.empty();
  bool one = pattern[0] == ':' && pattern.size() > 1 && pattern[1] >= 'a' && pattern[1] <= 'z';
  if (!one && pattern[0] != '*') {
    return !text.empty() && text[0] == pattern[0] && matches(pattern.substr(1), text.substr(1), captures);
  }
  size_t name = 1;
  while (one && name < pattern.size() && pattern[name] >= 'a' && pattern[name] <= 'z') name++;
  for (size_t size = text.size() + 1; size-- > 0;) {
    std::string_view found = text.substr(0, size);
    if (one && (found.empty() || found.find('/') != std::string_view::npos)) continue;
    captures.emplace_back(one ? pattern.substr(1, name - 1) : "splat", found);
    if (matches(pattern.substr(name), text.substr(size), captures)) return true;
    captures.pop_back();
  }
  return false;
}

// Whether a rule for `rule` applies to the path, and what its names stand for, as rules.h says.
inline bool plain_match(const std::string& rule, const std::string& path, Captures& captures) {
  std::string text = path.ends_with('/') ? path : path + "/";
  std::string pattern = rule.ends_with('*') || rule.ends_with('/') ? rule : rule + "/";
  captures.clear();
  if (!matches(pattern, text, captures)) return false;
  if (rule.ends_with('*') && !path.ends_with('/') && !captures.back().second.empty()) {
    captures.back().second.pop_back();
  }
  return true;
}

} // namespace minhttp::test
