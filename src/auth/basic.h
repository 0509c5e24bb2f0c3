// SPDX-License-Identifier: MIT
#pragma once
// The Basic scheme (RFC 7617): user and password of a request.

#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "crypto/base64.h"
#include "tables/limits.h"

namespace minhttp::auth {

// Bytes of the longest user and password, rounded up to whole groups of base 64.
constexpr size_t credentials_max = (limits::user_max + 1 + limits::password_max + 2) / 3 * 3;

struct Credentials {
  std::string_view user;
  std::string_view password;
};

// value: of the one Authorization field. The views point into decoded; the caller wipes it.
// Nothing for another scheme, for what is not strict base 64, for a text without a colon or
// with a control character (RFC 7617 section 2), for an empty user, and for a user or a
// password longer than any that we keep: all of them get the challenge again.
std::optional<Credentials> parse_basic(std::string_view value, std::span<char, credentials_max> decoded);

// Whether the text can stand in the challenge without escapes: printable ASCII but '"' and '\'.
bool good_realm(std::string_view realm);

// The value of WWW-Authenticate. It tells the client that names and passwords are UTF-8
// (section 2.1). Takes realm.size() + 31 bytes at most.
void write_challenge(Writer& out, std::string_view realm);

} // namespace minhttp::auth
