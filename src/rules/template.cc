// SPDX-License-Identifier: MIT
#include "rules/template.h"

#include "http/character.h"
#include "http/host.h"

namespace minhttp::rules {
namespace {

constexpr char upper_digits[] = "0123456789ABCDEF";

enum class Part : uint8_t { authority, path, query, fragment };

// pchar of RFC 3986 section 3.3 without escapes: unreserved, sub-delims, ':' and '@'.
bool stands_in_path(char c) { return http::is(c, http::Class::host) || c == ':' || c == '@'; }

// What may stand unescaped in a value of a query; '+' would be read as a space.
bool stands_in_query(char c) { return stands_in_path(c) ? c != '&' && c != '+' && c != '=' : c == '/'; }

template <typename Out>
void write_escaped(Out& out, char c) {
  auto byte = static_cast<unsigned char>(c);
  out.byte('%');
  out.byte(upper_digits[byte >> 4]);
  out.byte(upper_digits[byte & 15]);
}

// Looks up the placeholder at the start of word. Returns what is wrong; number: of its capture, or 0.
std::string_view look_up(std::string_view word, std::string_view before, const Names& names, size_t& used,
                         uint8_t& number) {
  used = placeholder_size(word);
  number = used == 0 ? uint8_t{0} : names.number(drop(take(word, used), 1));
  if (used == 0 || number != 0) return {};
  bool meant = before.empty() || before.back() == '/' || before.back() == '=';
  if (equal(take(word, used), ":splat")) return "the path has no * whose text :splat could be"sv;
  if (meant) return "nothing captures this placeholder: name it in the path, or write %3A for a colon"sv;
  used = 0;
  return {};
}

std::string_view check_start(std::string_view word, Target& target, size_t& authority_end) {
  authority_end = 0;
  if (word[0] == '/') {
    if (word.size() > 1 && (word[1] == '/' || word[1] == '\\')) return "a host needs its scheme: write https://"sv;
    if (starts_with(word, "/.netlify/")) return "Netlify's functions and services (/.netlify/) do not exist here"sv;
    return {};
  }
  size_t scheme = starts_with(word, "https://") ? 8 : starts_with(word, "http://") ? 7 : 0;
  if (scheme == 0) return "a target begins with /, http:// or https://"sv;
  target.absolute = true;
  size_t end = scheme;
  while (end < word.size() && word[end] != '/' && word[end] != '?' && word[end] != '#') end++;
  std::string_view authority = drop(take(word, end), scheme);
  if (!http::valid_authority(authority)) {
    return "the host of a target must be a plain name, with nothing filled in and no password"sv;
  }
  authority_end = end;
  return {};
}

} // namespace

std::string_view parse_target(std::string_view word, const Names& names, RuleText& text, Target& target) {
  target = {};
  text.begin();
  size_t authority_end = 0;
  std::string_view wrong = check_start(word, target, authority_end);
  if (!wrong.empty()) return wrong;
  for (char c : take(word, authority_end)) text.byte(c);
  if (target.absolute && (authority_end == word.size() || word[authority_end] != '/')) text.byte('/');
  bool fragment = false;
  for (size_t i = authority_end; i < word.size();) {
    char c = word[i];
    size_t used = 0;
    uint8_t number = 0;
    if (c == ':') wrong = look_up(drop(word, i), take(word, i), names, used, number);
    if (!wrong.empty()) return wrong;
    if (number != 0) {
      text.byte(mark);
      text.byte(static_cast<char>(number));
      target.captures = true;
      i += used;
      continue;
    }
    if (c == '*') return "a target has no *: write :splat for what it stood for, or %2A"sv;
    if (c == '\\') return "a backslash is no slash: write / or %5C"sv;
    if (c == '%' && (word.size() - i < 3 || hex_value(word[i + 1]) < 0 || hex_value(word[i + 2]) < 0)) {
      return "a % needs two hexadecimal digits: write %25 for itself"sv;
    }
    if (c == '#') fragment = true;
    if (c == '?' && !fragment) target.has_query = true;
    if (stands_in_path(c) || c == '/' || c == '?' || c == '#' || c == '%') {
      text.byte(c);
    } else {
      write_escaped(text, c);
    }
    i++;
  }
  target.text = text.end();
  return {};
}

Piece add_value(std::string_view value, const Names& names, RuleText& text) {
  text.begin();
  while (!value.empty()) {
    size_t used = value[0] == ':' ? placeholder_size(value) : 0;
    uint8_t number = used == 0 ? uint8_t{0} : names.number(drop(take(value, used), 1));
    if (number != 0) {
      text.byte(mark);
      text.byte(static_cast<char>(number));
      value = drop(value, used);
    } else {
      text.byte(value[0]);
      value = drop(value, 1);
    }
  }
  return text.end();
}

char decode_query(std::string_view text, size_t& used) {
  used = 1;
  if (text[0] == '+') return ' ';
  if (text[0] != '%' || text.size() < 3) return text[0];
  int high = hex_value(text[1]);
  int low = hex_value(text[2]);
  if (high < 0 || low < 0) return text[0];
  used = 3;
  return static_cast<char>(high * 16 + low);
}

namespace {

class TargetWriter {
 public:
  TargetWriter(Bounded& out, Part part) : out_(out), part_(part) {}

  Part part() const { return part_; }

  void literal(char c) {
    if (part_ == Part::path && c == '?') part_ = Part::query;
    if (part_ != Part::authority && c == '#') part_ = Part::fragment;
    put(c);
    if (part_ == Part::authority && c == '/' && ++slashes_ == 3) part_ = Part::path;
  }

  void capture(std::string_view text, bool from_path) {
    while (!text.empty()) {
      size_t used = 1;
      char c = from_path ? text[0] : decode_query(text, used);
      bool plain = part_ == Part::path ? stands_in_path(c) || (c == '/' && from_path) : stands_in_query(c);
      if (plain) {
        put(c);
      } else {
        write_escaped(out_, c);
      }
      text = drop(text, used);
    }
  }

 private:
  // Drops a second slash: "//" at the start of a Location would begin a host.
  void put(char c) {
    if (part_ == Part::path && c == '/' && equal(out_.view(), "/")) return;
    out_.byte(c);
  }

  Bounded& out_;
  Part part_;
  int slashes_ = 0;
};

} // namespace

void write_target(Bounded& out, std::string_view target, const Captures& captures, bool path_only,
                  std::string_view query) {
  TargetWriter writer(out, !target.empty() && target[0] == '/' ? Part::path : Part::authority);
  // Stops when out is full: a target may repeat a long capture a thousand times.
  while (!target.empty() && !out.full()) {
    char c = target[0];
    // The query of the request goes before the fragment.
    if (c == '#' && writer.part() == Part::path && !path_only) out.text(query);
    if (c == '#' && writer.part() == Part::path) query = {};
    if (path_only && (c == '?' || c == '#')) return;
    if (c == mark) {
      size_t number = static_cast<unsigned char>(target[1]) - 1U;
      writer.capture(captures.texts[number], number < captures.path_count);
      target = drop(target, 2);
    } else {
      writer.literal(c);
      target = drop(target, 1);
    }
  }
  if (!path_only) out.text(query);
}

void write_value(Bounded& out, std::string_view value, const Captures& captures) {
  while (!value.empty() && !out.full()) {
    if (value[0] != mark) {
      out.byte(value[0]);
      value = drop(value, 1);
      continue;
    }
    for (char c : captures.texts[static_cast<unsigned char>(value[1]) - 1U]) {
      if (stands_in_path(c) || c == '/') {
        out.byte(c);
      } else {
        write_escaped(out, c);
      }
    }
    value = drop(value, 2);
  }
}

} // namespace minhttp::rules
