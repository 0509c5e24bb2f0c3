#include "http/accept.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

TEST(Accept, PrefersJson) {
  for (const char* value : {"application/json", "Application/JSON", "application/json, */*", "*/*,application/json",
                            "application/json, text/plain, */*", "text/html;q=0.9, application/json",
                            "application/json;q=0.5, */*;q=0.4", "text/*;q=0.1,application/*;q=0.2", "application/*",
                            "application/json;charset=utf-8", " application/json ; q=1.000 ", "text/html;q=0,*/*",
                            "application/json;q=0.001", ",,application/json,,", "text/plain, application/json"}) {
    EXPECT_TRUE(http::prefers_json(value)) << value;
  }
}

TEST(Accept, PrefersHtml) {
  for (const char* value : {"", "*/*", "text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                            "text/html, application/json", "application/json, text/html", "application/json;q=0",
                            "application/json;q=0.5,*/*", "application/json;q=0, */*", "application/jsonp",
                            "application/json;q=2", "application/json;q=0.0001", "application/json;q=x",
                            "application/json;q=", "application/json;q=0.8;q=0", "text/*, application/*", "image/*",
                            "application/json;q=1.1", ";", ",", "q=1", "application/ld+json"}) {
    EXPECT_FALSE(http::prefers_json(value)) << value;
  }
}

} // namespace
} // namespace minhttp::test
