// SPDX-License-Identifier: MIT
#include "site/hashed.h"

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace minhttp::site {
namespace {

constexpr size_t hexadecimal_min = 8;
constexpr size_t hexadecimal_max = 64; // SHA-256 in full
constexpr size_t mixed_size = 8;       // exactly so many in Rollup and esbuild
constexpr size_t uuid_size = 36;

bool is_separator(char c) { return c == '.' || c == '-' || c == '_' || c == '~'; }

uint32_t number(std::string_view digits) {
  uint32_t value = 0;
  for (char c : digits) value = value * 10 + static_cast<uint32_t>(c - '0');
  return value;
}

// 20231231a: numbered by date. One in ten thousand hashes looks so.
bool starts_with_date(std::string_view token) {
  for (char c : take(token, 8)) {
    if (!is_digit(c)) return false;
  }
  uint32_t year = number(take(token, 4));
  uint32_t month = number(take(drop(token, 4), 2));
  uint32_t day = number(take(drop(token, 6), 2));
  return year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// webpack, Parcel, Gatsby: hexadecimal digits of one case, with at least one letter and one numeral.
bool is_hexadecimal(std::string_view token) {
  if (token.size() < hexadecimal_min || token.size() > hexadecimal_max) return false;
  bool digit = false;
  bool lower = false;
  bool upper = false;
  for (char c : token) {
    if (hex_value(c) < 0) return false;
    digit |= is_digit(c);
    lower |= c >= 'a';
    upper |= c >= 'A' && c <= 'F';
  }
  return digit && lower != upper && !starts_with_date(token);
}

// A UUID identifies a thing and not its content: uploads have such names, and may be replaced.
bool starts_with_uuid(std::string_view text) {
  if (text.size() < uuid_size) return false;
  for (size_t i = 0; i < uuid_size; i++) {
    bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : hex_value(text[i]) < 0) return false;
  }
  return text.size() == uuid_size || is_separator(text[uuid_size]);
}

bool has_hexadecimal(std::string_view stem) {
  while (!stem.empty()) {
    size_t end =
        starts_with_uuid(stem) ? uuid_size : 0; // the hyphens of a UUID must not split it into hexadecimal tokens
    while (end < stem.size() && !is_separator(stem[end])) end++;
    if (is_hexadecimal(take(stem, end))) return true;
    stem = drop(stem, end < stem.size() ? end + 1 : end);
  }
  return false;
}

enum class Kind : uint8_t { none, digit, lower, upper };

Kind kind_of(char c) {
  if (is_digit(c)) return Kind::digit;
  if (c >= 'a' && c <= 'z') return Kind::lower;
  return c >= 'A' && c <= 'Z' ? Kind::upper : Kind::none;
}

// esbuild: eight characters of base 32, which is capitals and the digits from 2 to 7. The kind must change three times:
// README2X is no hash.
bool is_base32(std::string_view token) {
  int changes = 0;
  for (size_t i = 0; i < token.size(); i++) {
    Kind kind = kind_of(token[i]);
    if (kind != Kind::upper && (token[i] < '2' || token[i] > '7')) return false;
    if (i > 0 && kind != kind_of(token[i - 1])) changes++;
  }
  return changes >= 3;
}

// Vite, Rollup: eight characters of base 64. Names that people write in eight characters look like DataGrid, iPhone12,
// GitHubV2 or i18nUtil: at most three words (a capital belongs to the word that it begins), digits at an end, or three
// lower-case letters in a row; or 1080p60f, without a capital. built: the file is in a directory where only build tools
// write; then three words are enough for a hash. One hash in two is recognized without that, six in seven with it.
bool is_base64(std::string_view token, bool built) {
  int words = 1;
  int in_a_row = 0; // lower-case letters
  bool lower = false;
  bool upper = false;
  bool inner_digit = false; // a digit right before a letter
  Kind before = Kind::none;
  for (char c : token) {
    Kind kind = kind_of(c);
    if (kind == Kind::none && c != '-' && c != '_') return false;
    in_a_row = kind == Kind::lower ? in_a_row + 1 : 0;
    if (in_a_row == 3 && !built) return false;
    if (kind == Kind::none) continue; // the digit before a hyphen still counts as the neighbour of the letter behind it
    lower |= kind == Kind::lower;
    upper |= kind == Kind::upper;
    inner_digit |= before == Kind::digit && kind != Kind::digit;
    if (before != Kind::none && kind != before && !(before == Kind::upper && kind == Kind::lower)) words++;
    before = kind;
  }
  int least = built ? 3 : inner_digit ? 4 : 5;
  return lower && upper && words >= least;
}

// Whether one of the directories belongs to a build tool: Vite, VitePress, Astro, Nuxt, SvelteKit.
bool is_built(std::string_view directories) {
  while (!directories.empty()) {
    std::string_view name = take_until(directories, '/');
    if (equal(name, "assets") || equal(name, "_astro") || equal(name, "_nuxt") || equal(name, "_app")) return true;
  }
  return false;
}

bool ends_with_mixed(std::string_view stem, bool built) {
  if (stem.size() <= mixed_size) return false;
  char before = stem[stem.size() - mixed_size - 1];
  std::string_view token = drop(stem, stem.size() - mixed_size);
  return (before == '-' || before == '.') && (is_base32(token) || is_base64(token, built));
}

// Removes the last extension. False: there is none.
bool drop_extension(std::string_view& name) {
  size_t dot = name.size();
  while (dot > 0 && name[dot - 1] != '.') dot--;
  if (dot <= 1 || dot == name.size()) return false;
  name = take(name, dot - 1);
  return true;
}

} // namespace

bool has_content_hash(std::string_view name) {
  size_t start = name.size();
  while (start > 0 && name[start - 1] != '/') start--;
  std::string_view stem = drop(name, start);
  if (stem.empty() || stem[0] == '.') return false;
  (void)drop_end(stem, ".map"sv); // app.js.map has the extension of its file before it
  if (!drop_extension(stem)) return false;
  bool built = is_built(take(name, start));
  if (has_hexadecimal(stem) || ends_with_mixed(stem, built)) return true;
  return (drop_end(stem, ".min"sv) || drop_end(stem, ".lean"sv)) &&
         ends_with_mixed(stem, built); // VitePress has .lean.js
}

} // namespace minhttp::site
