// SPDX-License-Identifier: MIT
#include "http/error_page.h"

#include <gtest/gtest.h>

#include <string>

#include "http/validators.h"

namespace minhttp::test {
namespace {

TEST(ErrorPage, HasStatusReasonAndAdvice) {
  auto page = [](http::Status status) {
    char text[2048];
    Writer out(text);
    http::write_error_page(out, status);
    return std::string(out.view());
  };
  struct {
    http::Status status;
    const char* words;
  } cases[] = {{http::Status::unauthorized, "password"},
               {http::Status::forbidden, "may not"},
               {http::Status::not_found, "no page"},
               {http::Status::misdirected_request, "No site"},
               {http::Status::too_many_requests, "too many requests"},
               {http::Status::internal_server_error, "wrong at the server"},
               {http::Status::service_unavailable, "busy"},
               {http::Status::bad_request, "cannot answer"}};
  for (const auto& c : cases) {
    std::string text = page(c.status);
    EXPECT_NE(text.find(c.words), std::string::npos) << text;
    EXPECT_NE(text.find("<h1>" + std::to_string(static_cast<int>(c.status)) + " "), std::string::npos) << text;
  }
}

TEST(Validators, SameStateComparesSizeAndTime) {
  http::Validators one = {.size = 1, .seconds = 2, .nanoseconds = 3};
  http::Validators other = one;
  EXPECT_TRUE(one.same_state(other));
  other.nanoseconds = 4;
  EXPECT_FALSE(one.same_state(other));
  other = one;
  other.seconds = 4;
  EXPECT_FALSE(one.same_state(other));
  other = one;
  other.size = 4;
  EXPECT_FALSE(one.same_state(other));
}

} // namespace
} // namespace minhttp::test
