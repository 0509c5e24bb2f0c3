// SPDX-License-Identifier: MIT
#include "auth/basic.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/encode.h"
#include "unit/guard.h"

namespace minhttp::test {
namespace {

using auth::parse_basic;

// "user|password", or "none".
std::string parsed(std::string_view value) {
  static Guard in(16384);
  static Guard out(auth::credentials_max);
  auto room = out.last(auth::credentials_max);
  auto credentials = parse_basic(in.at_end(value), room.first<auth::credentials_max>());
  if (!credentials) return "none";
  return std::string(credentials->user) + "|" + std::string(credentials->password);
}

std::string given(std::string_view text) { return parsed("Basic " + base64(text)); }

TEST(BasicAuth, TheExampleOfTheRfc) {
  EXPECT_EQ(parsed("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin|open sesame"); // RFC 7617 section 2
  EXPECT_EQ(parsed("Basic dGVzdDoxMjPCow=="), "test|123\xc2\xa3");                // section 2.1
}

TEST(BasicAuth, Scheme) {
  for (const char* scheme : {"Basic ", "basic ", "BASIC ", "bAsIc ", "Basic    "}) {
    EXPECT_EQ(parsed(scheme + base64("a:b")), "a|b") << scheme;
  }
  for (const char* scheme : {"", "Basic", "Basic\t", "Bearer ", "Basi ", "Basic: ", "Basicx ", " Basic ", "Digest ",
                             "Basic=", "Negotiate "}) {
    EXPECT_EQ(parsed(scheme + base64("a:b")), "none") << scheme;
  }
}

TEST(BasicAuth, UserAndPassword) {
  EXPECT_EQ(given("a:"), "a|") << "an empty password is one";
  EXPECT_EQ(given("a:b:c:"), "a|b:c:") << "the first colon ends the user";
  EXPECT_EQ(given("joe@example.org: x "), "joe@example.org| x ");
  EXPECT_EQ(given("j\xc3\xb6rg:\xff\xfe"), "j\xc3\xb6rg|\xff\xfe");
  EXPECT_EQ(given(":b"), "none");
  EXPECT_EQ(given(":"), "none");
  EXPECT_EQ(given("ab"), "none");
  EXPECT_EQ(given(""), "none");
}

TEST(BasicAuth, NoControlCharacters) {
  for (int c = 0; c < 256; c++) {
    bool control = c < 0x20 || c == 0x7f;
    std::string byte(1, static_cast<char>(c));
    EXPECT_EQ(given("u:x" + byte), control ? "none" : "u|x" + byte) << c;
    if (c == ':') continue;
    EXPECT_EQ(given("u" + byte + ":x"), control ? "none" : "u" + byte + "|x") << c;
  }
}

TEST(BasicAuth, Sizes) {
  std::string user(limits::user_max, 'u');
  std::string password(limits::password_max, 'p');
  EXPECT_EQ(given(user + ":" + password), user + "|" + password);
  EXPECT_EQ(given(user + "u:p"), "none");
  EXPECT_EQ(given("u:" + password + "p"), "none");
  EXPECT_EQ(given(std::string(9000, 'x') + ":y"), "none");
}

TEST(BasicAuth, MalformedCredentialsAreRefused) {
  for (const char* digits : {"YTpi=", "YTpiYQ", "YTpi ", "YTpi,", "YTp i", "YTpiYR==", "YTpi\xc3\xbc==", "YT-_", ""}) {
    EXPECT_EQ(parsed(std::string("Basic ") + digits), "none") << digits;
  }
}

TEST(BasicAuth, Challenge) {
  char text[64];
  Writer out(std::span(text, 5 + 31));
  auth::write_challenge(out, "minht");
  EXPECT_EQ(out.view(), "Basic realm=\"minht\", charset=\"UTF-8\"");
  EXPECT_TRUE(auth::good_realm(""));
  EXPECT_TRUE(auth::good_realm("the site's realm, 2026"));
  for (const char* realm : {"a\"b", "a\\b", "a\nb", "a\tb", "\x7f", "\xc3\xbc"}) EXPECT_FALSE(auth::good_realm(realm));
}

} // namespace
} // namespace minhttp::test
