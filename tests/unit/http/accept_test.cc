// SPDX-License-Identifier: MIT
#include "http/accept.h"
#include "http/values.h"

#include <gtest/gtest.h>

#include <string>

#include "h1/parse.h"

namespace minhttp::test {
namespace {

bool prefers_json(std::string_view fields) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
  h1::Progress progress;
  http::Request request;
  EXPECT_EQ(h1::parse_head(head, progress, request).kind, h1::Outcome::Kind::done);
  return http::prefers_json(request);
}

bool prefers_json_with(const char* value) { return prefers_json("Accept: " + std::string(value) + "\r\n"); }

TEST(Accept, SeveralLinesAreOneList) {
  EXPECT_FALSE(prefers_json(""));
  EXPECT_TRUE(prefers_json("Accept: text/html;q=0.5\r\nAccept: application/json\r\n"));
  EXPECT_FALSE(prefers_json("Accept: text/html\r\nX: y\r\naccept: application/json\r\n"));
}

TEST(Accept, NamesHtml) {
  auto names = [](const std::string& fields) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    h1::Progress progress;
    http::Request request;
    EXPECT_EQ(h1::parse_head(head, progress, request).kind, h1::Outcome::Kind::done);
    return http::names_html(request);
  };
  EXPECT_TRUE(names("Accept: text/html\r\n"));
  EXPECT_FALSE(names("Accept: text/html;q=0\r\n"));
  EXPECT_FALSE(names("Accept: */*\r\n"));
  EXPECT_FALSE(names(""));
}

TEST(Accept, PrefersJson) {
  for (const char* value : {"application/json", "Application/JSON", "application/json, */*", "*/*,application/json",
                            "application/json, text/plain, */*", "text/html;q=0.9, application/json",
                            "application/json;q=0.5, */*;q=0.4", "text/*;q=0.1,application/*;q=0.2", "application/*",
                            "application/json;charset=utf-8", " application/json ; q=1.000 ", "text/html;q=0,*/*",
                            "application/json;q=0.001", ",,application/json,,", "text/plain, application/json"}) {
    EXPECT_TRUE(prefers_json_with(value)) << value;
  }
}

TEST(Accept, PrefersHtml) {
  for (const char* value : {"",
                            "*/*",
                            "text/html",
                            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                            "text/html, application/json",
                            "application/json, text/html",
                            "application/json;q=0",
                            "application/json;q=0.5,*/*",
                            "application/json;q=0, */*",
                            "application/jsonp",
                            "application/json;q=2",
                            "application/json;q=0.0001",
                            "application/json;q=x",
                            "application/json;q=",
                            "application/json;q=0.8;q=0",
                            "text/*, application/*",
                            "image/*",
                            "application/json;q=1.1",
                            ";",
                            ",",
                            "q=1",
                            "application/ld+json"}) {
    EXPECT_FALSE(prefers_json_with(value)) << value;
  }
}

TEST(Accept, AcceptsHtml) {
  auto accepts_html = [](const std::string& fields) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    h1::Progress progress;
    http::Request request;
    EXPECT_EQ(h1::parse_head(head, progress, request).kind, h1::Outcome::Kind::done);
    return http::accepts_html(request);
  };
  EXPECT_TRUE(accepts_html(""));
  for (const char* value : {"text/html", "text/html;q=0.001, */*", "text/*", "*/*", "image/avif, */*;q=0.8",
                            "application/json;q=0.1, */*", "application/json, text/html;q=0.1"}) {
    EXPECT_TRUE(accepts_html(std::string("Accept: ") + value + "\r\n")) << value;
  }
  for (const char* value : {"", "text/html;q=0", "text/html;q=0, */*;q=1", "application/json", "image/*",
                            "application/json, text/plain, */*", "application/json, */*;q=0.1"}) {
    EXPECT_FALSE(accepts_html(std::string("Accept: ") + value + "\r\n")) << value;
  }
}

TEST(Values, FindsAFieldThatTheParserDoesNotKnow) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\nSEC-Fetch-Mode:  navigate \r\nX: 1\r\nsec-fetch-mode: cors\r\n\r\n";
  h1::Progress progress;
  http::Request request;
  ASSERT_EQ(h1::parse_head(head, progress, request).kind, h1::Outcome::Kind::done);
  EXPECT_EQ(http::value_of(request, "sec-fetch-mode"), "navigate");
  EXPECT_EQ(http::value_of(request, "x"), "1");
  EXPECT_EQ(http::value_of(request, "y"), "");
}

} // namespace
} // namespace minhttp::test
