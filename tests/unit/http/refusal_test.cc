// SPDX-License-Identifier: MIT
// The words for refusals: docs/statuses.md has each of them, and those who search their logs rely on them.

#include "http/refusal.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace minhttp::test {
namespace {

using http::Refusal;
using http::Status;

TEST(Refusals, HaveTheseWordsAndStatuses) {
  std::multimap<int, std::string> words;
  for (size_t i = 1; i < http::refusal_statuses.size(); i++) {
    auto refusal = static_cast<Refusal>(i);
    words.emplace(static_cast<int>(http::status_of(refusal)), http::refusal_text(refusal));
  }
  const std::multimap<int, std::string> expected = {
      {400, "malformed-request"},
      {400, "malformed-target"},
      {400, "malformed-path"},
      {400, "malformed-field"},
      {400, "missing-host"},
      {400, "invalid-host"},
      {400, "invalid-content-length"},
      {400, "ambiguous-length"},
      {400, "invalid-transfer-coding"},
      {400, "malformed-body"},
      {400, "incomplete-request"},
      {401, "password-missing"},
      {401, "password-wrong"},
      {403, "file-unreadable"},
      {403, "address-denied"},
      {404, "not-found"},
      {404, "hidden-name"},
      {404, "outside-base-path"},
      {405, "method-not-allowed"},
      {406, "no-accepted-coding"},
      {408, "request-timeout"},
      {412, "precondition-failed"},
      {413, "body-too-large"},
      {414, "target-too-long"},
      {416, "range-not-satisfiable"},
      {417, "unknown-expectation"},
      {421, "unknown-host"},
      {429, "client-rate"},
      {429, "client-connections"},
      {429, "too-many-wrong-passwords"},
      {431, "head-too-large"},
      {431, "trailer-too-large"},
      {500, "file-error"},
      {500, "too-many-fields"},
      {501, "unknown-method"},
      {501, "unknown-transfer-coding"},
      {503, "out-of-resources"},
      {503, "passwords-busy"},
      {503, "site-missing"},
      {505, "unknown-version"},
  };
  EXPECT_EQ(words, expected);
}

TEST(Refusals, EachHasWordsOfItsOwn) {
  std::set<std::string_view> words;
  for (size_t i = 1; i < http::refusal_statuses.size(); i++) words.insert(http::refusal_text(static_cast<Refusal>(i)));
  EXPECT_EQ(words.size(), http::refusal_statuses.size() - 1);
  EXPECT_EQ(http::refusal_text(Refusal::none), "");
}

TEST(Refusals, AStatusAloneIsThatOfItsFirstOne) {
  EXPECT_EQ(http::refusal_of(Status::bad_request), Refusal::malformed_request);
  EXPECT_EQ(http::refusal_of(Status::not_found), Refusal::not_found);
  EXPECT_EQ(http::refusal_of(Status::too_many_requests), Refusal::client_rate);
  EXPECT_EQ(http::refusal_of(Status::http_version_not_supported), Refusal::unknown_version) << "the last row";
  EXPECT_EQ(http::refusal_of(Status::ok), Refusal::none);
  EXPECT_EQ(http::refusal_of(Status::not_modified), Refusal::none);
  EXPECT_EQ(http::refusal_of(static_cast<Status>(418)), Refusal::none) << "a status that is never sent";
}

} // namespace
} // namespace minhttp::test
