// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

Ruled headers(const std::string& text) {
  Ruled ruled("", text);
  EXPECT_TRUE(ruled.ok()) << ruled.mistakes();
  return ruled;
}

TEST(Headers, Blocks) {
  Ruled ruled = headers(
      "# This is a comment\r\n"
      "/secure/page\r\n"
      "\tX-Frame-Options: DENY\r\n"
      "  X-Robots-Tag:noindex  \r\n"
      "# between\n"
      "Referrer-Policy: no-referrer\n" // not indented, but no path either
      "\n"
      "/static/*\n"
      "  Access-Control-Allow-Origin: *\n"
      "  X-Robots-Tag: nosnippet\n"
      "\n"
      "https://myproject.pages.dev/*\n"
      "  X-Robots-Tag: noindex\n");
  EXPECT_EQ(ruled.fields("/"), "");
  EXPECT_EQ(ruled.fields("/secure/page"),
            "X-Frame-Options: DENY\nX-Robots-Tag: noindex\nReferrer-Policy: no-referrer\n");
  EXPECT_EQ(ruled.fields("/secure/page/x"), "");
  EXPECT_EQ(ruled.fields("/static/image.jpg"), "Access-Control-Allow-Origin: *\nX-Robots-Tag: nosnippet\n");
  EXPECT_EQ(ruled.fields("//myproject.pages.dev/home"), "X-Robots-Tag: noindex\n");
  EXPECT_EQ(ruled.fields("//myproject.pages.dev:80/static/styles.css"),
            "Access-Control-Allow-Origin: *\nX-Robots-Tag: nosnippet, noindex\n");
}

TEST(Headers, SeveralValuesOfOneName) {
  Ruled ruled = headers(
      "/*\n"
      "  cache-control: max-age=0\n"
      "  Link: <a>\n"
      "  Cache-Control: no-store\n"
      "  set-cookie: a=b\n"
      "  X-Frame-Options: DENY\n"
      "/a\n"
      "  Set-Cookie: c=d\n"
      "  link: <b>\n"
      "  x-frame-options: SAMEORIGIN\n");
  EXPECT_EQ(ruled.fields("/b"),
            "cache-control: max-age=0, no-store\nLink: <a>\nset-cookie: a=b\nX-Frame-Options: DENY\n");
  EXPECT_EQ(ruled.fields("/a"),
            "cache-control: max-age=0, no-store\nLink: <a>, <b>\nset-cookie: a=b\nSet-Cookie: c=d\n"
            "x-frame-options: SAMEORIGIN\n");
}

TEST(Headers, AnExclamationMarkRemovesFields) {
  Ruled ruled = headers(
      "/*\n"
      "  Content-Security-Policy: default-src 'self';\n"
      "  X-A: 1\n"
      "/*.jpg\n"
      "  ! content-security-policy\n"
      "  !ETag\n"
      "/again/*\n"
      "  Content-Security-Policy: none\n");
  EXPECT_EQ(ruled.fields("/a"), "Content-Security-Policy: default-src 'self';\nX-A: 1\n");
  EXPECT_EQ(ruled.fields("/a/b.jpg"), "X-A: 1\n");
  EXPECT_EQ(ruled.fields("/again/b.jpg"), "X-A: 1\nContent-Security-Policy: none\n");
  rules::Fields fields = ruled.match("/again/b.jpg");
  EXPECT_TRUE(fields.sets("x-a"));
  EXPECT_TRUE(fields.sets("content-security-policy"));
  EXPECT_FALSE(fields.sets("etag"));
  EXPECT_TRUE(fields.detaches("etag"));
  EXPECT_FALSE(fields.detaches("x-a"));
  EXPECT_FALSE(ruled.match("/again/b").detaches("etag"));
  EXPECT_FALSE(ruled.match("/b.jpg").sets("content-security-policy"));
}

TEST(Headers, CapturesInValues) {
  Ruled ruled = headers(
      "/movies/:title\n"
      "  x-movie-name: You are watching \":title\", not :titles\n"
      "/files/*\n"
      "  X-Splat: :splat at http://localhost:80/:none\n");
  EXPECT_EQ(ruled.fields("/movies/a%20b%0d%0a"), "x-movie-name: You are watching \"a%20b%0D%0A\", not :titles\n");
  EXPECT_EQ(ruled.fields("/files/a/b"), "X-Splat: a/b at http://localhost:80/:none\n");
  EXPECT_EQ(ruled.fields("/files"), "X-Splat:  at http://localhost:80/:none\n");
}

TEST(Headers, FieldsThatDoNotFit) {
  Ruled ruled = headers("/*\n  A: 123\n  B: 456\n");
  EXPECT_EQ(ruled.fields("/", 16), "A: 123\nB: 456\n");
  EXPECT_EQ(ruled.fields("/", 15), "?");
  EXPECT_EQ(ruled.fields("/", 0), "?");
  // Fields of one path are bounded, those of several that match as well.
  std::string text = "/*\n";
  for (int i = 0; i < 64; i++) text += " F" + std::to_string(i) + ": v\n";
  EXPECT_TRUE(headers(text).fields("/a").ends_with("F63: v\n"));
  EXPECT_EQ(headers(text + "/a\n G: v\n").fields("/a"), "?");
  EXPECT_EQ(headers(text + "/a\n ! F3\n G: v\n").fields("/a").find("F3:"), std::string::npos);
}

TEST(Headers, MoreBlocksThanOneWalkFinds) {
  // Blocks alternate between two patterns, so that the walk finds them out of order.
  std::string text;
  std::string expected = "L: ";
  for (int i = 0; i < 60; i++) {
    text += std::string(i % 2 == 0 ? "/*" : "/:x") + "\n L: " + std::to_string(i) + "\n";
    expected += (i == 0 ? "" : ", ") + std::to_string(i);
  }
  EXPECT_EQ(headers(text).fields("/a"), expected + "\n");
  std::string many;
  for (int i = 0; i < 500; i++) many += "/*\n X-Frame-Options: " + std::to_string(i) + "\n";
  EXPECT_EQ(headers(many).fields("/a"), "X-Frame-Options: 499\n");
}

TEST(Headers, RedirectsAndHeadersAreMatchedApart) {
  Ruled ruled("/a /b", "/a\n X: y\n");
  EXPECT_EQ(ruled.redirect("/a"), "301 /b");
  EXPECT_EQ(ruled.fields("/a"), "X: y\n");
  EXPECT_EQ(ruled.fields("/b"), "");
}

} // namespace
} // namespace minhttp::test
