// SPDX-License-Identifier: MIT
#include "auth/access.h"

#include "base/bytes.h"
#include "http/coding.h"
#include "site/folding.h"

namespace minhttp::auth {
namespace {

bool drop_end_of_any_case(std::string_view& text, std::string_view end) {
  if (text.size() < end.size() || !equal_ignoring_case(drop(text, text.size() - end.size()), end)) return false;
  text.remove_suffix(end.size());
  return true;
}

std::string_view without_endings(std::string_view name) {
  name = site::without_trailing(name);
  for (size_t i = 1; i < http::coding_count; i++) { // identity has no suffix
    if (drop_end_of_any_case(name, http::coding_suffix(static_cast<http::Coding>(i)))) break;
  }
  drop_end_of_any_case(name, ".html"sv);
  return name;
}

// Segment by segment, as a file system may take one for another.
bool lies_in(std::string_view name, std::string_view prefix) {
  while (!prefix.empty()) {
    size_t wanted_end = find(prefix, '/');
    size_t end = find(name, '/');
    std::string_view wanted = take(prefix, wanted_end);
    std::string_view segment = take(name, end);
    bool last = wanted_end == prefix.size();
    bool page = last && end == name.size() && site::same_segment(without_endings(segment), wanted);
    if (!page && !site::same_segment(segment, wanted)) return false;
    if (last) return true;
    if (end == name.size()) return false;
    prefix = drop(prefix, wanted_end + 1);
    name = drop(name, end + 1);
  }
  return true;
}

} // namespace

const ProtectedPath* Access::protection_of(std::string_view name) const {
  const ProtectedPath* best = nullptr;
  for (const ProtectedPath& part : protected_paths) {
    if (lies_in(name, part.prefix) && (best == nullptr || part.prefix.size() > best->prefix.size())) best = &part;
  }
  return best;
}

} // namespace minhttp::auth
