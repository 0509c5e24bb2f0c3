// SPDX-License-Identifier: MIT
#include "http/escape.h"

namespace minhttp::http {
namespace {

constexpr char replacement[] = "\xef\xbf\xbd"; // U+FFFD

unsigned char byte_at(std::string_view text, size_t i) { return static_cast<unsigned char>(text[i]); }

// Length in bytes of the character at the start of text; 0: it is invalid UTF-8 (RFC 3629 section 4: no overlong forms,
// no surrogates, nothing above U+10FFFF).
size_t character_bytes(std::string_view text) {
  unsigned char lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return 0;
  unsigned char second = byte_at(text, 1);
  unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (size_t i = 2; i < bytes; i++) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  }
  return bytes;
}

// U+0080 to U+009F, which HTML forbids; line and paragraph separator, and the marks that embed, override or isolate a
// text direction: U+2028 to U+202E, U+2066 to U+2069.
bool is_misleading(std::string_view character) {
  if (character.size() == 2) return byte_at(character, 0) == 0xc2 && byte_at(character, 1) < 0xa0;
  if (character.size() != 3 || byte_at(character, 0) != 0xe2) return false;
  unsigned char second = byte_at(character, 1);
  unsigned char third = byte_at(character, 2);
  return (second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

// Calls `one` with each character, or with an empty text for a byte of invalid UTF-8.
template <typename One>
void for_each_character(std::string_view text, One one) {
  while (!text.empty()) {
    size_t bytes = character_bytes(text);
    one(take(text, bytes));
    text = drop(text, bytes > 0 ? bytes : 1);
  }
}

void hex_pair(Writer& out, unsigned char byte, std::string_view digits) {
  out.byte(digits[byte >> 4]).byte(digits[byte & 15]);
}

} // namespace

void write_html(Writer& out, std::string_view text) {
  for_each_character(text, [&](std::string_view character) {
    if (character.empty() || is_misleading(character)) {
      out.text(replacement);
      return;
    }
    char c = character[0];
    if (c == '&') {
      out.text("&amp;");
    } else if (c == '<') {
      out.text("&lt;");
    } else if (c == '>') {
      out.text("&gt;");
    } else if (c == '"') {
      out.text("&quot;");
    } else if (c == 0x7f) {
      out.text("\xe2\x90\xa1");
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.text("\xe2\x90").byte(static_cast<char>(0x80 + c));
    } else {
      out.text(character);
    }
  });
}

void write_json(Writer& out, std::string_view text) {
  for_each_character(text, [&](std::string_view character) {
    if (character.empty()) {
      out.text(replacement);
      return;
    }
    char c = character[0];
    if (c == '"' || c == '\\') {
      out.byte('\\').byte(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.text("\\u00");
      hex_pair(out, static_cast<unsigned char>(c), "0123456789abcdef"sv);
    } else {
      out.text(character);
    }
  });
}

void write_segment(Writer& out, std::string_view name) {
  for (char c : name) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out.byte(c);
    } else {
      out.byte('%');
      hex_pair(out, static_cast<unsigned char>(c), "0123456789ABCDEF"sv);
    }
  }
}

} // namespace minhttp::http
