// SPDX-License-Identifier: MIT
#include "site/folding.h"

#include <cstddef>

#include "base/bytes.h"

namespace minhttp::site {
namespace {

constexpr size_t short_stem_max = 8; // stem of a short name: NAME~1.TXT
constexpr size_t short_name_max = 12;

struct CodePoints {
  uint32_t first;
  uint32_t last;
};

// Default_Ignorable_Code_Point of Unicode, which the kernel's casefold drops (fs/unicode), and U+017F, which it takes
// for an s. Characters that it takes for other letters (U+212A for a k) are left out: no name that we hide has these
// letters.
constexpr CodePoints vanishing[] = {
    {0x00ad, 0x00ad}, {0x017f, 0x017f}, {0x034f, 0x034f}, {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The code point at the start of text, whose first byte is not ASCII. Invalid UTF-8 gives some number too, which does
// not matter.
uint32_t code_point(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  uint32_t value = first < 0xe0 ? first & 0x1fU : first < 0xf0 ? first & 0x0fU : first & 0x07U;
  for (size_t i = 1; i < text.size() && i < 4 && is_continuation(text[i]); i++) {
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return value;
}

bool vanishes(uint32_t code) {
  for (const CodePoints& some : vanishing) {
    if (code >= some.first && code <= some.last) return true;
  }
  return false;
}

// Windows makes PRIVAT~1.HTM, Samba PRPUTZ~X.HTM.
bool is_short_name(std::string_view segment) {
  if (segment.size() > short_name_max) return false;
  std::string_view stem = take(segment, find(segment, '.'));
  return stem.size() <= short_stem_max && find(stem, '~') < stem.size();
}

bool segment_may_be_alias(std::string_view segment, bool only_ascii) {
  segment = without_trailing(segment);
  if (segment.empty() || is_short_name(segment)) return true;
  for (size_t i = 0; i < segment.size(); i++) {
    if (segment[i] == ':') return true; // an NTFS stream: private::$INDEX_ALLOCATION
    if (is_ascii(take(drop(segment, i), 1)) || is_continuation(segment[i])) continue;
    if (only_ascii || vanishes(code_point(drop(segment, i)))) return true;
  }
  return false;
}

} // namespace

bool is_ascii(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

std::string_view without_trailing(std::string_view segment) {
  while (!segment.empty() && (segment.back() == '.' || segment.back() == ' ')) segment.remove_suffix(1);
  return segment;
}

[[gnu::noinline]] bool same_segment(std::string_view a, std::string_view b) {
  a = without_trailing(a);
  b = without_trailing(b);
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

[[gnu::noinline]] bool may_be_alias(std::string_view name, bool only_ascii) {
  while (!name.empty()) {
    if (segment_may_be_alias(take_until(name, '/'), only_ascii)) return true;
  }
  return false;
}

} // namespace minhttp::site
