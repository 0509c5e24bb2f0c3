// SPDX-License-Identifier: MIT
#include "h1/body.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tables/limits.h"
#include "unit/guard.h"

namespace minhttp::test {
namespace {

using h1::BodyProgress;
using h1::Outcome;
using Kind = h1::Outcome::Kind;

constexpr uint64_t no_limit = UINT64_MAX;

BodyProgress start(http::Framing framing, uint64_t length = 0) {
  http::Request request;
  request.framing = framing;
  request.content_length = length;
  return h1::start_body(request);
}

// Status of a rejection, 200 for done, 100 for more; and how many bytes the body was.
struct Result {
  int status = 100;
  size_t length = 0;

  bool operator==(const Result&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Result& result) {
  return out << result.status << " after " << result.length;
}

// As the state machine does: what is used up goes away, the rest comes again with more
// behind it. ends: of the pieces.
Result drop(const std::string& text, const std::vector<size_t>& ends, BodyProgress progress, uint64_t limit) {
  size_t used = 0;
  Result result;
  for (size_t end : ends) {
    Outcome outcome = h1::drop_body(std::string_view(text).substr(used, end - used), progress, limit);
    if (outcome.kind == Kind::reject) return {static_cast<int>(outcome.status()), 0};
    used += outcome.length;
    EXPECT_LE(used, end);
    if (outcome.kind == Kind::done) return {200, used};
  }
  return result;
}

Result chunked(const std::string& text, uint64_t limit = no_limit) {
  return drop(text, {text.size()}, start(http::Framing::chunked), limit);
}

struct BodyCase {
  std::string text;
  int status;
};

std::string repeat(size_t count, const std::string& piece) {
  std::string text;
  while (count-- > 0) text += piece;
  return text;
}

std::vector<BodyCase> chunked_cases() {
  std::vector<BodyCase> all;
  auto good = [&](const std::string& text) { all.push_back({text, 200}); };
  auto bad = [&](const std::string& text, int status = 400) { all.push_back({text, status}); };
  auto unfinished = [&](const std::string& text) { all.push_back({text, 100}); };
  const std::string end = "0\r\n\r\n";

  good(end);
  good("5\r\nhello\r\n" + end);
  good("5\r\nhello\r\n00005\r\nworld\r\n000\r\n\r\n");
  good("A\r\n0123456789\r\na\r\n0123456789\r\n" + end);
  good("2\r\n\r\n\r\n" + end);
  good(repeat(500, "1\r\nx\r\n") + end);
  for (const char* size : {"", "g", "-1", "+1", "0x1", " 1", "1 ", "1\t", "1.", "1 1", "\xb9", "1,", "\"1\""}) {
    bad(std::string(size) + "\r\nx\r\n" + end);
  }
  bad("5\r\nhello" + end);      // no line end behind the data
  bad("5\r\nhellox\r\n" + end); // data longer than said
  bad("5\r\nhel\r\n" + end);    // and shorter
  bad("5\nhello\n0\n\n");       // bare LF
  bad("5\r\nhello\n0\r\n\r\n");
  bad("5\rhello\r0\r\r");
  bad("5\r\r\nhello\r\n" + end);
  bad("\r\n5\r\nhello\r\n" + end);
  bad(std::string("5\0\r\nhello\r\n", 11) + end);

  // Extensions, RFC 9112 section 7.1.1
  for (const char* extension :
       {";a", ";a=b", ";a=\"b\"", ";a;b;c=d", " ; a = b", "\t;\ta\t=\t\"b\"", ";a=\"\"", ";a=\"x;y=z\"", ";a=\"\\\"\"",
        ";a=\"\\\\\"", ";a=\"\t \x80\"", ";a=\"b\";c=\"d\"", ";a ;b", ";!#$%&'*+-.^_`|~9"}) {
    good("1" + std::string(extension) + "\r\nx\r\n0" + extension + "\r\n\r\n");
  }
  for (const char* extension :
       {";", ";=b", ";a=", ";a=\"b", ";a=\"b\"c", ";a=b c", ";a;;b", ";a b", "x", ";a=\"b\\", ";a=\"\\\x01\"", ";\x80",
        ";a=\x80", ";(a)", ";a=b=c", ";a=\"b\" ", ";a ", ";a=\"\x7f\""}) {
    bad("1" + std::string(extension) + "\r\nx\r\n" + end);
    bad("0" + std::string(extension) + "\r\n\r\n");
  }
  good("1;" + std::string(limits::chunk_line_max - 2, 'a') + "\r\nx\r\n" + end);
  bad("1;" + std::string(limits::chunk_line_max - 1, 'a') + "\r\nx\r\n" + end);
  bad(std::string(limits::chunk_line_max + 1, '0'));
  good(std::string(limits::chunk_line_max, '0') + "\r\n\r\n");

  // Trailers
  good("0\r\nX: y\r\n\r\n");
  good("0\r\nX: y\r\nZ:\r\n\r\n");
  for (const char* field : {"Content-Length: 5", "Transfer-Encoding: chunked", "Host: a", "cONTENT-lENGTH: 0", "X",
                            "X : y", ": y", " X: y", "X: y\r\n z", "X: \x01", "X: a\rb", "X Y: z"}) {
    bad("0\r\n" + std::string(field) + "\r\n\r\n");
  }
  bad("0\r\nX: y\n\r\n");
  bad("0\r\n\n");
  std::string line(limits::trailer_line_max - 3, 'y');
  good("0\r\nX: " + line + "\r\n\r\n");
  bad("0\r\nX: " + line + "y\r\n\r\n", 431);
  size_t lines = limits::trailer_max / (limits::trailer_line_max + 2);
  good("0\r\n" + repeat(lines, "X: " + line + "\r\n") + "\r\n");
  bad("0\r\n" + repeat(lines + 1, "X: " + line + "\r\n") + "\r\n", 431);
  bad("0\r\n" + repeat(10'000, "X: y\r\n") + "\r\n", 431);

  for (const char* text : {"", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "0\r\n",
                           "0\r\nX", "0\r\nX: y\r\n", "0\r\n\r", "1;a=\"b", "1;", "g"}) {
    unfinished(text);
  }
  return all;
}

TEST(DropBody, EveryChunkedCase) {
  for (const BodyCase& c : chunked_cases()) {
    Result result = chunked(c.text);
    EXPECT_EQ(result.status, c.status) << testing::PrintToString(c.text.substr(0, 200));
    if (c.status == 200) {
      EXPECT_EQ(result.length, c.text.size()) << c.text.substr(0, 200);
      EXPECT_EQ(chunked(c.text + "GET /"), result) << "what follows is the next request";
    }
  }
}

TEST(DropBody, EverySplitGivesTheSame) {
  for (const BodyCase& c : chunked_cases()) {
    if (c.text.size() > 5000) continue; // byte by byte below
    Result expected = chunked(c.text);
    for (size_t place = 0; place <= c.text.size(); place++) {
      ASSERT_EQ(drop(c.text, {place, c.text.size()}, start(http::Framing::chunked), no_limit), expected)
          << testing::PrintToString(c.text.substr(0, 200)) << " cut at " << place;
    }
  }
}

TEST(DropBody, ByteByByteGivesTheSame) {
  for (const BodyCase& c : chunked_cases()) {
    std::vector<size_t> ends;
    for (size_t i = 0; i <= c.text.size(); i++) ends.push_back(i);
    ASSERT_EQ(drop(c.text, ends, start(http::Framing::chunked), no_limit), chunked(c.text))
        << testing::PrintToString(c.text.substr(0, 200));
  }
}

TEST(DropBody, NothingIsReadBehindTheEndOfAPrefix) {
  Guard guard(70'000);
  for (const BodyCase& c : chunked_cases()) {
    for (size_t size = 0; size <= std::min<size_t>(c.text.size(), 3000); size++) {
      BodyProgress progress = start(http::Framing::chunked);
      (void)h1::drop_body(guard.at_end(std::string_view(c.text).substr(0, size)), progress, no_limit);
    }
  }
}

// What waits for more must fit behind a head, or the connection would wait for ever.
TEST(DropBody, LeavesNoMoreThanTheWindow) {
  for (const std::string& text :
       {std::string(5000, '0'), "0\r\nX: " + std::string(5000, 'x'), "1;" + std::string(5000, 'a')}) {
    for (size_t size = 1; size <= text.size(); size++) {
      BodyProgress progress = start(http::Framing::chunked);
      Outcome outcome = h1::drop_body(std::string_view(text).substr(0, size), progress, no_limit);
      if (outcome.kind == Kind::more) {
        ASSERT_LT(size - outcome.length, limits::body_window);
      }
    }
  }
}

TEST(DropBody, LimitOfChunks) {
  std::string text = "5\r\nhello\r\n0\r\n\r\n"; // 15 bytes on the wire
  EXPECT_EQ(chunked(text, 15).status, 200);
  EXPECT_EQ(chunked("ffffffffffffffff\r\n", 1000).status, 413);
  EXPECT_EQ(chunked("fffffffffffffffffffff\r\n", 1000).status, 413) << "more than 64 bits";
  EXPECT_EQ(chunked("3e9\r\n", 1000).status, 413) << "before its data come";
  EXPECT_EQ(chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n", 1000).status, 200) << "data count alone";
  EXPECT_EQ(chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\n", 1000).status, 413);
  EXPECT_EQ(chunked("3e8\r\n" + std::string(999, 'x'), 1000).status, 100);
}

TEST(DropBody, LimitOfFraming) {
  // Five bytes of lines for each byte of data.
  uint64_t limit = 1000;
  EXPECT_EQ(chunked(repeat(150, "1\r\nx\r\n") + "0\r\n\r\n", limit).status, 200);
  std::string wordy = "1;" + std::string(994, 'x') + "\r\ny\r\n"; // a thousand bytes, but for the data
  size_t lines = (limit + limits::chunk_framing_free) / 1000;
  EXPECT_EQ(chunked(repeat(lines, wordy), limit).status, 100);
  EXPECT_EQ(chunked(repeat(lines + 1, wordy), limit).status, 413) << "extensions without end";
}

TEST(DropBody, ContentLength) {
  std::string text(100, 'x');
  for (size_t length : {size_t{1}, size_t{50}, size_t{100}}) {
    for (size_t cut = 0; cut <= 100; cut++) {
      Result result = drop(text, {cut, 100}, start(http::Framing::length, length), 100);
      ASSERT_EQ(result, (Result{200, length})) << length << " cut at " << cut;
    }
  }
  EXPECT_EQ(drop(text, {100}, start(http::Framing::length, 101), 101).status, 100);
  EXPECT_EQ(drop(text, {100}, start(http::Framing::length, 101), 100).status, 413);
  EXPECT_EQ(drop(text, {100}, start(http::Framing::length, UINT64_MAX), UINT64_MAX - 1).status, 413);
}

TEST(DropBody, TheBytesOfABodyAreNotParsed) {
  std::string text = "\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n" + std::string(1, '\0');
  EXPECT_EQ(drop(text, {text.size()}, start(http::Framing::length, text.size()), 1000), (Result{200, text.size()}));
}

// Random bodies, well-formed by construction, in random pieces.
TEST(DropBody, RandomBodies) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; round++) {
    std::string text;
    for (auto chunks = random() % 6; chunks > 0; chunks--) {
      size_t size = 1 + random() % 70;
      char line[16];
      std::snprintf(line, sizeof line, round % 2 == 0 ? "%zx" : "%04zX", size);
      text += line + std::string(random() % 2 == 0 ? "" : ";n=\"v;\\\"\"") + "\r\n";
      while (size-- > 0) text.push_back(static_cast<char>(random()));
      text += "\r\n";
    }
    text += "0\r\n" + std::string(random() % 2 == 0 ? "" : "Check: sum\r\n") + "\r\n";
    size_t size = text.size();
    text += "rest";
    std::vector<size_t> ends;
    for (size_t at = 0; at < text.size(); at += 1 + random() % 30) ends.push_back(at);
    ends.push_back(text.size());
    ASSERT_EQ(drop(text, ends, start(http::Framing::chunked), no_limit), (Result{200, size}));
  }
}

} // namespace
} // namespace minhttp::test
