// SPDX-License-Identifier: MIT
#pragma once
// Views of bytes: comparisons that ignore case, and a writer that never passes its end.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/check.h"
#include "base/cost.h"

namespace minhttp {

using namespace std::string_view_literals;

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A letter of ASCII, in either case.
constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// text without its first n bytes; n is at most its size. (string_view::substr needs a function of the C++ library to
// throw with.)
constexpr std::string_view drop(std::string_view text, size_t n) {
  CHECK(n <= text.size());
  cost::add(cost::Kind::cuts);
  return {text.data() + n, text.size() - n};
}

// The first n bytes of text; n is at most its size.
constexpr std::string_view take(std::string_view text, size_t n) {
  CHECK(n <= text.size());
  return {text.data(), n};
}

// Compares byte for byte, without the call of memcmp that string_view's == may become.
constexpr bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  cost::add(cost::Kind::bytes, a.size());
  for (size_t i = 0; i < a.size(); i++) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// to_lower of each of eight bytes.
constexpr uint64_t to_lower_eight(uint64_t bytes) {
  constexpr uint64_t each = 0x0101'0101'0101'0101;
  uint64_t low = bytes & each * 0x7f; // so that no sum carries into the next byte
  uint64_t from_a = low + each * (0x80 - 'A');
  uint64_t behind_z = low + each * (0x7f - 'Z');
  uint64_t capitals = (from_a ^ behind_z) & ~bytes & each * 0x80;
  return bytes | capitals >> 2; // 0x20
}

// Four or eight bytes as a number, in the machine's byte order.
template <typename Number>
Number load(const char* from) {
  Number number;
  __builtin_memcpy(&number, from, sizeof number);
  return number;
}

// Ignores the case of ASCII letters only; lower must be in lower case already. Four bytes and more are compared by
// words, of which the last two may overlap: nothing after a text is read.
constexpr bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  size_t size = text.size();
  if (size != lower.size()) return false;
  cost::add(cost::Kind::bytes, size);
  if (size < 4 || std::is_constant_evaluated()) {
    for (size_t i = 0; i < size; i++) {
      if (to_lower(text[i]) != lower[i]) return false;
    }
    return true;
  }
  const char* a = text.data();
  const char* b = lower.data();
  if (size < 8) {
    auto two = [size](const char* at) { return load<uint32_t>(at) | uint64_t{load<uint32_t>(at + size - 4)} << 32; };
    return to_lower_eight(two(a)) == two(b);
  }
  for (size_t i = 0; i < size - 8; i += 8) {
    if (to_lower_eight(load<uint64_t>(a + i)) != load<uint64_t>(b + i)) return false;
  }
  return to_lower_eight(load<uint64_t>(a + size - 8)) == load<uint64_t>(b + size - 8);
}

// Overloads for a literal, whose size the compiler knows. Where code is made small, a string_view of a literal counts
// its bytes at run time.
template <size_t n>
constexpr bool equal(std::string_view text, const char (&literal)[n]) {
  return text.size() == n - 1 && __builtin_memcmp(text.data(), literal, n - 1) == 0;
}
template <size_t n>
constexpr bool equal_ignoring_case(std::string_view text, const char (&lower)[n]) {
  return equal_ignoring_case(text, std::string_view(lower, n - 1));
}

constexpr bool starts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal(take(text, prefix.size()), prefix);
}

template <size_t n>
constexpr bool starts_with(std::string_view text, const char (&prefix)[n]) {
  return text.size() >= n - 1 && __builtin_memcmp(text.data(), prefix, n - 1) == 0;
}

// Ignores the case of ASCII letters only; lower must be in lower case already.
constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && equal_ignoring_case(take(text, lower.size()), lower);
}

constexpr bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equal(drop(text, text.size() - end.size()), end);
}

// Removes the end from text. False: text has another end.
constexpr bool drop_end(std::string_view& text, std::string_view end) {
  bool has = ends_with(text, end);
  if (has) text.remove_suffix(end.size());
  return has;
}

// The index of the first c, or text.size().
constexpr size_t find(std::string_view text, char c) {
  size_t i = 0;
  while (i < text.size() && text[i] != c) i++;
  cost::add(cost::Kind::bytes, i + 1);
  return i;
}

// The text before the first c, or all of it. Removes it, and that c, from text.
constexpr std::string_view take_until(std::string_view& text, char c) {
  size_t end = find(text, c);
  std::string_view piece = take(text, end);
  text = drop(text, end < text.size() ? end + 1 : end);
  return piece;
}

// text without the spaces and tabs around it: OWS of RFC 9110 section 5.6.3.
constexpr std::string_view trim(std::string_view text) {
  size_t begin = 0;
  size_t end = text.size();
  while (begin < end && (text[begin] == ' ' || text[begin] == '\t')) begin++;
  while (begin < end && (text[end - 1] == ' ' || text[end - 1] == '\t')) end--;
  cost::add(cost::Kind::bytes, text.size() - (end - begin) + 2);
  return {text.data() + begin, end - begin};
}

// Appends to a span that the caller owns. The caller makes it large enough for the longest text that it writes; a
// longer text is a bug of ours.
class Writer {
 public:
  explicit constexpr Writer(std::span<char> out) : out_(out) {}

  Writer& text(std::string_view piece) {
    CHECK(piece.size() <= room());
    if (!piece.empty()) __builtin_memcpy(out_.data() + used_, piece.data(), piece.size());
    cost::add(cost::Kind::bytes, piece.size());
    used_ += piece.size();
    return *this;
  }
  template <size_t n>
  Writer& text(const char (&literal)[n]) {
    return text(std::string_view(literal, n - 1));
  }
  template <size_t n>
  Writer& text(char (&)[n]) = delete; // not a literal
  constexpr Writer& byte(char c) {
    CHECK(room() > 0);
    out_[used_++] = c;
    cost::add(cost::Kind::bytes);
    return *this;
  }
  Writer& decimal(uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
      digits[--at] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    return text({digits + at, sizeof digits - at});
  }
  constexpr Writer& two_digits(uint32_t value) { // 0..99
    return byte(static_cast<char>('0' + value / 10)).byte(static_cast<char>('0' + value % 10));
  }
  Writer& hex(uint64_t value) {
    char digits[16];
    size_t at = sizeof digits;
    do {
      digits[--at] = "0123456789abcdef"[value % 16];
      value /= 16;
    } while (value != 0);
    return text({digits + at, sizeof digits - at});
  }

  // The next bytes, for somebody else to write.
  std::span<char> reserve(size_t size) {
    CHECK(size <= room());
    used_ += size;
    return {out_.data() + used_ - size, size};
  }

  constexpr size_t room() const { return out_.size() - used_; }
  constexpr size_t size() const { return used_; }
  constexpr std::string_view view() const { return {out_.data(), used_}; }

 private:
  std::span<char> out_;
  size_t used_ = 0;
};

// A number as a text.
class Decimal {
 public:
  explicit Decimal(uint64_t value) : size_(Writer(digits_).decimal(value).size()) {}
  std::string_view view() const { return {digits_, size_}; }

 private:
  char digits_[20] = {};
  size_t size_;
};

} // namespace minhttp
