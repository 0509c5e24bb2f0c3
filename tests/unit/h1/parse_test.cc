// SPDX-License-Identifier: MIT
// What the parser accepts, refuses and understands.

#include "h1/parse.h"

#include <gtest/gtest.h>

#include "http/field_name.h"
#include "unit/h1/heads.h"
#include "unit/h1/parsed.h"

namespace minhttp::test {
namespace {

using h1::Outcome;
using h1::Progress;
using http::Field;
using http::Framing;
using http::Method;
using http::Request;

int verdict(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::done: return done;
    case Outcome::Kind::more: return more;
    case Outcome::Kind::reject: break;
  }
  return static_cast<int>(outcome.status());
}

// The request of a head that must be good. Its views point into text.
Request good(std::string_view text) {
  Progress progress;
  Request request;
  EXPECT_EQ(h1::parse_head(text, progress, request), Outcome::done(text.size())) << text;
  return request;
}

Request with(const std::string& field, const char* version = "1.1") {
  static std::string text;
  text = std::string("GET / HTTP/") + version + "\r\nHost: a\r\n" + field + "\r\n\r\n";
  return good(text);
}

TEST(ParseHead, EveryCaseOfTheTable) {
  for (const HeadCase& head : head_cases()) {
    Progress progress;
    Request request;
    EXPECT_EQ(verdict(h1::parse_head(head.text, progress, request)), head.verdict)
        << head.rule << ": " << testing::PrintToString(head.text.substr(0, 200));
  }
}

TEST(ParseHead, ReturnsTheEndOfTheHead) {
  std::string head = "\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  Progress progress;
  Request request;
  EXPECT_EQ(h1::parse_head(head + "bodyGET", progress, request), Outcome::done(head.size()));
}

TEST(ParseHead, KnowsTheMethods) {
#define METHOD(name, token)                                                                                         \
  EXPECT_EQ(                                                                                                        \
      good(token " " + std::string(Method::name == Method::connect ? "a:1" : "/") + " HTTP/1.1\r\nHost: a\r\n\r\n") \
          .method,                                                                                                  \
      Method::name);
#include "tables/method.def"
#undef METHOD
  EXPECT_EQ(good("get / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::unknown);
  EXPECT_EQ(good("GETS / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::unknown);
  EXPECT_EQ(good("GE / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::unknown);
}

TEST(ParseHead, SplitsTheTarget) {
  Request r = good("GET /a/b?c=d?e HTTP/1.1\r\nHost: h:80\r\n\r\n");
  EXPECT_EQ(r.path, "/a/b");
  EXPECT_EQ(r.query, "?c=d?e");
  EXPECT_EQ(r.host, "h:80");
  EXPECT_EQ(r.line, "GET /a/b?c=d?e HTTP/1.1");
  EXPECT_FALSE(r.asterisk);
  EXPECT_EQ(good("GET /? HTTP/1.1\r\nHost: h\r\n\r\n").query, "?");
  EXPECT_EQ(good("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").query, "");
}

TEST(ParseHead, SplitsAnAbsoluteTarget) {
  Request r = good("GET http://x.example:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(r.host, "x.example:81") << "RFC 9112 section 3.2.2: Host is ignored";
  EXPECT_EQ(r.path, "/a");
  EXPECT_EQ(r.query, "?b");
  r = good("GET http://x?b/c HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(r.host, "x");
  EXPECT_EQ(r.path, "/");
  EXPECT_EQ(r.query, "?b/c");
  EXPECT_EQ(good("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n").path, "/");
}

TEST(ParseHead, RecognisesTheAsteriskTarget) {
  EXPECT_TRUE(good("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").asterisk);
  EXPECT_TRUE(good("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").asterisk);
  Request r = good("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(r.asterisk);
  EXPECT_EQ(r.path, "/");
}

TEST(ParseHead, ReturnsTheVersion) {
  EXPECT_EQ(good("GET / HTTP/1.0\r\n\r\n").minor, 0);
  EXPECT_EQ(good("GET / HTTP/1.1\r\nHost: a\r\n\r\n").minor, 1);
  EXPECT_EQ(good("GET / HTTP/1.7\r\nHost: a\r\n\r\n").minor, 1);
}

TEST(ParseHead, ReturnsTheFraming) {
  EXPECT_EQ(with("X: y").framing, Framing::none);
  EXPECT_EQ(with("Content-Length: 0").framing, Framing::none);
  EXPECT_TRUE(with("Content-Length: 0").has(Field::content_length));
  Request r = with("Content-Length: 00123");
  EXPECT_EQ(r.framing, Framing::length);
  EXPECT_EQ(r.content_length, 123U);
  EXPECT_EQ(with("Content-Length: 18446744073709551615").content_length, UINT64_MAX);
  EXPECT_EQ(with("Content-Length: 18446744073709551616").content_length, UINT64_MAX) << "and not 0";
  EXPECT_EQ(with("Transfer-Encoding: Chunked").framing, Framing::chunked);
}

TEST(ParseHead, ReturnsWhetherTheConnectionPersists) {
  EXPECT_TRUE(with("X: y").persistent());
  EXPECT_FALSE(with("X: y", "1.0").persistent());
  EXPECT_TRUE(with("Connection: keep-alive", "1.0").persistent());
  EXPECT_TRUE(with("Connection: Keep-Alive", "1.0").persistent());
  EXPECT_FALSE(with("Connection: keep-alive, close", "1.0").persistent());
  EXPECT_FALSE(with("Connection: close").persistent());
  EXPECT_FALSE(with("Connection: CLOSE").persistent());
  EXPECT_FALSE(with("connection:\tupgrade ,\tclose\t,, x").persistent());
  EXPECT_FALSE(with("Connection: x\r\nConnection: close").persistent());
  EXPECT_FALSE(with("Connection: close\r\nConnection: keep-alive").persistent());
  for (const char* other : {"closed", "clos", "not-close", "\"close\"", "close;x", "close close", "", ","}) {
    EXPECT_TRUE(with(std::string("Connection: ") + other).persistent()) << other;
  }
}

TEST(ParseHead, ReturnsExpectations) {
  EXPECT_TRUE(with("Expect: 100-continue").expect_continue);
  EXPECT_TRUE(with("Expect: 100-Continue").expect_continue);
  EXPECT_FALSE(with("Expect: 100-continue").expect_unknown);
  EXPECT_TRUE(with("Expect: the-unexpected").expect_unknown);
  EXPECT_TRUE(with("Expect: 100-continue, x").expect_unknown);
  EXPECT_FALSE(with("Expect:").expect_unknown);
  EXPECT_FALSE(with("Expect: 100-continue", "1.0").expect_continue) << "RFC 9110 section 10.1.1";
  EXPECT_FALSE(with("Expect: x", "1.0").expect_unknown);
}

TEST(ParseHead, ARangeThatComesTwiceIsDropped) {
  EXPECT_EQ(with("Range: bytes=0-1 ").range, "bytes=0-1");
  EXPECT_EQ(with("Range: bytes=0-1\r\nRange: bytes=2-3").range, "");
  EXPECT_EQ(with("Range: bytes=0-1\r\nRange: bytes=2-3\r\nRange: bytes=4-5").range, "");
  EXPECT_EQ(with("If-Range: \"x\"").if_range, "\"x\"");
  EXPECT_EQ(with("If-Range: \"x\"\r\nIf-Range: \"x\"").if_range, "");
  EXPECT_TRUE(with("If-Range:").has(Field::if_range));
  EXPECT_FALSE(with("X: y").has(Field::if_range));
}

TEST(ParseHead, ADateThatComesTwiceIsDropped) {
  EXPECT_EQ(with("If-Modified-Since: x").if_modified_since, "x");
  EXPECT_EQ(with("If-Modified-Since: x\r\nIf-Modified-Since: x").if_modified_since, "");
  EXPECT_EQ(with("If-Unmodified-Since: x").if_unmodified_since, "x");
  EXPECT_EQ(with("If-Unmodified-Since: x\r\nIf-Unmodified-Since: x").if_unmodified_since, "");
  EXPECT_TRUE(with("If-Match:").has(Field::if_match));
  EXPECT_TRUE(with("If-None-Match: *").has(Field::if_none_match));
}

TEST(ParseHead, ReturnsWhereTheFieldsAre) {
  EXPECT_EQ(good("\r\nGET / HTTP/1.0\r\nA: b\r\nC:\r\n\r\n").fields, "A: b\r\nC:\r\n");
  EXPECT_EQ(good("GET / HTTP/1.0\r\n\r\n").fields, "");
}

TEST(ParseHead, FindsFieldsByNameInAnyCase) {
#define FIELD(name, text) EXPECT_EQ(http::find_field(text), Field::name);
#include "tables/field.def"
#undef FIELD
  EXPECT_EQ(http::find_field("Content-LENGTH"), Field::content_length);
  EXPECT_EQ(http::find_field("content-lengt"), Field::unknown);
  EXPECT_EQ(http::find_field("content_length"), Field::unknown);
  EXPECT_EQ(http::find_field("content\rlength"), Field::unknown) << "a hyphen but for the bit of small letters";
  EXPECT_EQ(http::find_field("hos\x54"), Field::host);
  EXPECT_EQ(http::find_field(""), Field::unknown);
}

TEST(ParseHead, RefusesAMistakeBeforeTheHeadIsComplete) {
  // A peer that has said nonsense is not asked for more.
  EXPECT_EQ(verdict(parse_once("GET / HTTP/1.1\r\nHost: a\r\nX\x01").outcome), 400);
  EXPECT_EQ(verdict(parse_once("GET / HTTP/2.0\r\n").outcome), 505);
  EXPECT_EQ(verdict(parse_once("\x16\x03\x01").outcome), 400) << "TLS";
  EXPECT_EQ(verdict(parse_once("GET / HTTP/1.1\r\nHost: a b\r\n").outcome), 400);
}

} // namespace
} // namespace minhttp::test
