// SPDX-License-Identifier: MIT
#include "auth/basic.h"

namespace minhttp::auth {

std::optional<Credentials> parse_basic(std::string_view value, std::span<char, credentials_max> decoded) {
  constexpr std::string_view scheme = "basic"sv;
  if (value.size() <= scheme.size() || !equal_ignoring_case(take(value, scheme.size()), scheme)) return {};
  std::string_view digits = drop(value, scheme.size());
  if (digits[0] != ' ') return {};
  while (!digits.empty() && digits[0] == ' ') digits.remove_prefix(1); // 1*SP, RFC 9110 section 11.4
  if (base64_bytes(digits.size()) > decoded.size()) return {};
  auto size = decode_base64(digits, decoded);
  if (!size) return {};

  std::string_view text(decoded.data(), *size);
  size_t colon = find(text, ':');
  if (colon == text.size()) return {};
  Credentials credentials = {.user = take(text, colon), .password = drop(text, colon + 1)};
  if (credentials.user.empty() || credentials.user.size() > limits::user_max ||
      credentials.password.size() > limits::password_max) {
    return {};
  }
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return {};
  }
  return credentials;
}

bool good_realm(std::string_view realm) {
  for (char c : realm) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') return false;
  }
  return true;
}

void write_challenge(Writer& out, std::string_view realm) {
  out.text("Basic realm=\"").text(realm).text("\", charset=\"UTF-8\"");
}

} // namespace minhttp::auth
