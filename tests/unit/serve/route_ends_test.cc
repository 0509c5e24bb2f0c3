// SPDX-License-Identifier: MIT
// The paths through decide.cc that end without the requested file, and rules that lead nowhere.

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/encode.h"
#include "unit/serve/lock.h"
#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct RouteEnds : RoutedSite {};

TEST_F(RouteEnds, AnApplicationWithoutIndexHtml) {
  options.spa = true;
  std::filesystem::remove(tree.path("index.html"));
  std::string answer = ask("/some/page", "Accept: text/html\r\n");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 404 ") && ends(answer, "\r\n\r\nno")) << answer;
  std::filesystem::remove(tree.path("404.html"));
  answer = ask("/some/page", "Accept: text/html\r\n");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 404 ") &&
              ends(answer, "<h1>404 Not Found</h1>\n<p>There is no page at this address.</p>\n"))
      << answer;
  EXPECT_TRUE(says(answer, "Vary: Accept, Sec-Fetch-Mode, Sec-Fetch-Dest")) << "with others it could be the page";
}

TEST_F(RouteEnds, ASiteWithoutIndexHtml) {
  std::filesystem::remove(tree.path("index.html"));
  EXPECT_EQ(status("/"), "404");
  tree.file(".html", "no page's name");
  EXPECT_EQ(status("/"), "404");
}

TEST_F(RouteEnds, TargetsOfRewrites) {
  tree.file("_redirects",
            "/directory /dir 200\n"
            "/dot/* /.:splat 200\n"
            "/long/* /:splat/:splat/:splat 302\n"
            "/away/* https://other.example/:splat 301\n");
  std::string answer = ask("/directory");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 200 ") && ends(answer, "\r\n\r\ndir")) << "without a detour by a redirect";
  EXPECT_EQ(status("/long/" + std::string(3000, 'x')), "414");
  EXPECT_EQ(status("/long/" + std::string(2000, 'x')), "302");
  options.base_path = "base";
  EXPECT_TRUE(says(ask("/base/away/x"), "Location: https://other.example/x")) << "the base is ours, not theirs";
}

TEST_F(RouteEnds, FailedAttemptsGet429) {
  Lock lock("private");
  access = lock.access();
  std::string answer;
  int tried = 0;
  do {
    answer = ask("/private/", "Authorization: Basic " + base64("joe:" + std::to_string(tried)) + "\r\n");
  } while (begins(answer, "HTTP/1.1 401 ") && ++tried < 100);
  EXPECT_TRUE(begins(answer, "HTTP/1.1 429 ")) << answer;
  EXPECT_EQ(count(answer, "\r\nRetry-After: "), 1U);
  EXPECT_EQ(tried, limits::guesses_at_once);
}

TEST_F(RouteEnds, TooManyChecksAtOnceGet503) {
  Lock lock("private");
  lock.waiters.resize(limits::verifications_max + 1);
  auth::Authenticator authenticator(KeyedHash::Key{42}, {lock.remembered, lock.guessers, lock.under_way, lock.waiters,
                                                         lock.accounts, lock.unknown_users});
  access = lock.access();
  access.authenticator = &authenticator;
  for (uint8_t i = 0; i < limits::verifications_max; i++) {
    auto decision = authenticator.ask(i + 1U, mapped({10, 0, 0, i}), lock.part.passwords, 0,
                                      "Basic " + base64("joe:" + std::to_string(i)), 1);
    ASSERT_EQ(decision.kind, auth::Decision::Kind::later);
  }
  std::string answer = ask("/private/", joe_may);
  EXPECT_TRUE(begins(answer, "HTTP/1.1 503 ")) << answer;
  EXPECT_TRUE(says(answer, "Retry-After: 1"));
}

TEST_F(RouteEnds, ANameThatStartsLikeAProtectedOne) {
  Lock lock("about.html");
  access = lock.access();
  EXPECT_EQ(status("/about.html"), "401");
  EXPECT_EQ(status("/about.html/x"), "401");
}

TEST_F(RouteEnds, TheLogHasTheUser) {
  Lock lock("private");
  access = lock.access();
  log = conn::LogFormat::common;
  (void)ask("/private/", joe_may);
  EXPECT_EQ(count(logged, "192.0.2.7 - joe ["), 1U) << logged;
  (void)ask("/private/", joe_errs);
  EXPECT_EQ(count(logged, "192.0.2.7 - - ["), 1U) << logged;
}

} // namespace
} // namespace minhttp::test
