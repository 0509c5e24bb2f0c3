// SPDX-License-Identifier: MIT
#pragma once
// Which bytes are allowed where: one table with a bit for each class.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

enum class Class : uint8_t {
  token = 1,        // tchar, RFC 9110 section 5.6.2: methods, field names, options
  field = 2,        // field-vchar, obs-text, space and tab: allowed in a field value
  target = 4,       // what we accept in a request target
  host = 8,         // reg-name without the percent sign, RFC 3986 section 3.2.2
  extension = 16,   // between the quotes of a quoted-string: qdtext, RFC 9110 section 5.6.4
  etag = 32,        // between the quotes of an entity tag: etagc, RFC 9110 section 8.8.3
  path = 64,        // as target, without the question mark
  lower_token = 128 // as token, without capitals: field names of HTTP/2, RFC 9113 section 8.2.1
};

constexpr auto classes = [] {
  std::array<uint8_t, 256> table = {};
  auto set = [&](int c, Class kind) { table[static_cast<size_t>(c)] |= static_cast<uint8_t>(kind); };
  for (int c = 0; c < 256; c++) {
    bool control = c < 0x20 || c == 0x7f;
    if (!control || c == '\t') set(c, Class::field);
    if ((!control || c == '\t') && c != '"' && c != '\\') set(c, Class::extension);
    if (!control && c != ' ' && c != '"') set(c, Class::etag);
    if (is_letter(static_cast<char>(c)) || is_digit(static_cast<char>(c))) {
      set(c, Class::token);
      set(c, Class::host);
      if (c < 'A' || c > 'Z') set(c, Class::lower_token);
    }
    // RFC 3986 does not allow {}|\^`[] in a path or query, but browsers send them unescaped if a link has them, and
    // they do no harm. Backslashes in paths: see path.cc.
    if (c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '#') {
      set(c, Class::target);
      if (c != '?') set(c, Class::path);
    }
  }
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) {
    set(c, Class::token);
    set(c, Class::lower_token);
  }
  for (char c : std::string_view("-._~!$&'()*+,;=")) set(c, Class::host);
  return table;
}();

constexpr bool is(char c, Class kind) {
  return (classes[static_cast<unsigned char>(c)] & static_cast<uint8_t>(kind)) != 0;
}

// Whether text is not empty and all its bytes are of the class.
constexpr bool all(std::string_view text, Class kind) {
  cost::add(cost::Kind::bytes, text.size());
  for (char c : text) {
    if (!is(c, kind)) return false;
  }
  return !text.empty();
}

} // namespace minhttp::http
