// Better to miss a hash than to see one where there is none: what is missed is asked for
// again, what is wrongly seen stays in browsers for a year.

#include "site/hashed.h"

#include "base/bytes.h"

namespace minhttp::site {
namespace {

bool is_separator(char c) { return c == '.' || c == '-' || c == '_' || c == '~'; }

// webpack, Parcel, Gatsby: 8 to 64 hexadecimal digits of one case, letters and numerals both.
bool is_hexadecimal(std::string_view token) {
  if (token.size() < 8 || token.size() > 64) return false;
  bool digit = false;
  bool lower = false;
  bool upper = false;
  for (char c : token) {
    if (hex_value(c) < 0) return false;
    digit |= is_digit(c);
    lower |= c >= 'a';
    upper |= c >= 'A' && c <= 'F';
  }
  return digit && lower != upper;
}

// Vite, Rollup, esbuild: eight characters of base 64 or 32. A word has no such mixture: at
// least three times another kind of character than the one before, a numeral among them
// (JavaDocs), and no year (2024Q1v2). One hash in four has no numeral, and is missed.
bool is_mixed(std::string_view token) {
  int changes = 0;
  int digits = 0; // in a row
  bool digit = false;
  int before = 0;
  for (char c : token) {
    int kind = is_digit(c) ? 1 : c >= 'a' && c <= 'z' ? 2 : c >= 'A' && c <= 'Z' ? 3 : 0;
    if (kind == 0 && c != '-' && c != '_') return false;
    digits = kind == 1 ? digits + 1 : 0;
    digit |= kind == 1;
    if (digits > 3) return false;
    if (kind == 0) continue;
    if (before != 0 && kind != before) changes++;
    before = kind;
  }
  return changes >= 3 && digit;
}

} // namespace

bool has_content_hash(std::string_view name) {
  size_t start = name.size();
  while (start > 0 && name[start - 1] != '/') start--;
  std::string_view stem = drop(name, start);
  auto drop_extension = [&] {
    size_t dot = stem.size();
    while (dot > 0 && stem[dot - 1] != '.') dot--;
    stem = take(stem, dot == 0 ? 0 : dot - 1);
  };
  if (stem.size() > 4 && equal(drop(stem, stem.size() - 4), ".map")) drop_extension();
  drop_extension();
  if (stem.size() > 8 && (stem[stem.size() - 9] == '-' || stem[stem.size() - 9] == '.') &&
      is_mixed(drop(stem, stem.size() - 8))) {
    return true;
  }
  while (!stem.empty()) {
    size_t end = 0;
    while (end < stem.size() && !is_separator(stem[end])) end++;
    if (is_hexadecimal(take(stem, end))) return true;
    stem = drop(stem, end < stem.size() ? end + 1 : end);
  }
  return false;
}

} // namespace minhttp::site
