// SPDX-License-Identifier: MIT
// Names of any bytes, as HTML, JSON and parts of a URL.

#include "http/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "http/path.h"
#include "tables/limits.h"

namespace minhttp::test {
namespace {

template <typename Write>
std::string written(std::string_view text, Write write) {
  std::string out(text.size() * limits::escaped_byte_max, 0);
  Writer writer(out);
  write(writer, text);
  out.resize(writer.size());
  return out;
}

std::string html(std::string_view text) { return written(text, http::write_html); }
std::string json(std::string_view text) { return written(text, http::write_json); }
std::string segment(std::string_view text) { return written(text, http::write_segment); }

const std::string replaced = "\xef\xbf\xbd";

std::string random_bytes(std::mt19937& random) {
  constexpr std::string_view pieces[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xe2\x80\xae",
                                         "<", "\""};
  std::string text;
  for (size_t count = random() % 24; count > 0; count--) {
    if (random() % 2 == 0) {
      text += pieces[random() % std::size(pieces)];
    } else {
      text += static_cast<char>(random() % 256);
    }
  }
  return text;
}

TEST(EscapeHtml, MarkupIsEscaped) {
  EXPECT_EQ(html("<img src=x onerror=alert(1)>"), "&lt;img src=x onerror=alert(1)&gt;");
  EXPECT_EQ(html("a&b\"c'd"), "a&amp;b&quot;c'd");
  EXPECT_EQ(html("&lt;"), "&amp;lt;");
}

TEST(EscapeHtml, Utf8IsKept) {
  for (const char* text :
       {"caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xc2\xa0"}) {
    EXPECT_EQ(html(text), text);
    EXPECT_EQ(json(text), text);
  }
}

// To the character: those beside them are names like others.
TEST(EscapeHtml, BidirectionalControlsAreReplaced) {
  for (unsigned code = 0x2000; code < 0x2080; code++) {
    std::string text = {static_cast<char>(0xe2), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
                        static_cast<char>(0x80 | (code & 0x3f))};
    bool misleading = (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    EXPECT_EQ(html(text), misleading ? replaced : text) << code;
  }
}

TEST(EscapeHtml, EachByteThatIsNotUtf8IsReplaced) {
  for (const char* text : {"\x80", "\xbf", "\xc3", "\xff", "\xc0", "\xc1", "\xf5", "\xfe"}) {
    EXPECT_EQ(html(text), replaced);
    EXPECT_EQ(json(text), replaced);
  }
  for (const char* text : {"\xc0\xaf", "\xe2\x82"}) EXPECT_EQ(html(text), replaced + replaced);
  for (const char* text : {"\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x9f\x98"}) {
    EXPECT_EQ(html(text), replaced + replaced + replaced);
  }
  for (const char* text : {"\xf0\x80\x80\xaf", "\xf4\x90\x80\x80"}) {
    EXPECT_EQ(html(text), replaced + replaced + replaced + replaced);
  }
  EXPECT_EQ(html("\xe2\x82"
                 "a"),
            replaced + replaced + "a");
  EXPECT_EQ(html("\xff<\xc3\xa9"), replaced + "&lt;\xc3\xa9");
}

TEST(EscapeHtml, ControlCharactersAreMadeVisible) {
  EXPECT_EQ(html("a\nb"),
            "a\xe2\x90\x8a"
            "b");
  EXPECT_EQ(html("\x01\x1f\x7f"), "\xe2\x90\x81\xe2\x90\x9f\xe2\x90\xa1");
  EXPECT_EQ(html("\xc2\x85"), replaced);           // U+0085, a line end to some
  EXPECT_EQ(html("\xe2\x80\xae"), replaced);       // U+202E turns the text behind it around
  EXPECT_EQ(html("\xe2\x81\xa6"), replaced);       // U+2066
  EXPECT_EQ(html("\xe2\x80\xa8"), replaced);       // U+2028
  EXPECT_EQ(html("\xe2\x80\xa7"), "\xe2\x80\xa7"); // beside them
  EXPECT_EQ(html("\xe2\x80\xaf"), "\xe2\x80\xaf");
  EXPECT_EQ(html("\xe2\x81\xa5"), "\xe2\x81\xa5");
}

TEST(EscapeJson, IsReadBack) {
  EXPECT_EQ(json("a\"b\\c\n\x01/"), "a\\\"b\\\\c\\u000a\\u0001/");
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; i++) {
    std::string text = random_bytes(random);
    auto read = nlohmann::json::parse("\"" + json(text) + "\"");
    // nlohmann's writer knows what UTF-8 is, and replaces each part of what is none once.
    auto expected = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    bool valid = expected.find(replaced) == expected.npos;
    if (valid) {
      EXPECT_EQ(read, text);
    } else {
      EXPECT_NE(std::string(read).find(replaced), std::string::npos);
    }
  }
}

TEST(EscapeSegment, EveryByteIsEscapedAsNeeded) {
  EXPECT_EQ(segment("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(segment("javascript:alert(1)"), "javascript%3Aalert%281%29");
  EXPECT_EQ(segment("a b?c#d%e&f\"g'h<i>"), "a%20b%3Fc%23d%25e%26f%22g%27h%3Ci%3E");
  EXPECT_EQ(segment("\r\n\xff\xc3\xa9"), "%0D%0A%FF%C3%A9");
}

TEST(EscapeSegment, IsDecodedToTheSameName) {
  std::mt19937 random(2);
  for (int i = 0; i < 20'000; i++) {
    std::string name = "n" + random_bytes(random);
    for (char& c : name) {
      if (c == 0 || c == '/' || c == '\\') c = '_'; // no name has the first two, the third is not served
    }
    std::string raw = "/" + segment(name);
    std::string out(raw.size(), 0);
    http::Path path = http::decode_path(raw, out);
    EXPECT_EQ(path.status, http::Status::ok);
    EXPECT_EQ(path.name, name);
  }
}

} // namespace
} // namespace minhttp::test
