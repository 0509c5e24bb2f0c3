// SPDX-License-Identifier: MIT
// When minhttps-acme renews a certificate, how long it leaves an authority alone, and what it remembers.
#include "acme/renewal.h"

#include <gtest/gtest.h>

#include "acme/limits.h"

namespace minhttp::acme {
namespace {

constexpr int64_t day_s = limits::day_s;

TEST(Renewing, AThirdOfTheLife) {
  Validity validity = {.begins_s = 1'000 * day_s, .ends_s = 1'090 * day_s};
  EXPECT_EQ(why_now(validity, {}, 0, 1'060 * day_s - 1), "");
  EXPECT_NE(why_now(validity, {}, 0, 1'060 * day_s), "");
  EXPECT_NE(why_now(validity, {}, 0, 1'090 * day_s), "");
  EXPECT_EQ(why_now(validity, {}, 10 * day_s, 1'080 * day_s - 1), "");
  EXPECT_NE(why_now(validity, {}, 10 * day_s, 1'080 * day_s), "");
  EXPECT_EQ(why_now(validity, {}, 900 * day_s, 1'030 * day_s - 1), "") << "not at each run";
  EXPECT_NE(why_now(validity, {}, 900 * day_s, 1'030 * day_s), "");
}

TEST(Renewing, ALifeOfADayHasTwoRunsInIt) { // which are 12 hours apart
  int64_t hour_s = limits::hour_s;
  for (auto [life_s, left_s] : {std::pair{24 * hour_s, 16 * hour_s},
                                {18 * hour_s, 12 * hour_s},
                                {36 * hour_s, 24 * hour_s},
                                {60 * hour_s, 25 * hour_s},
                                {6 * day_s, 2 * day_s}}) {
    Validity validity = {.begins_s = 1'000 * day_s, .ends_s = 1'000 * day_s + life_s};
    EXPECT_EQ(validity.ends_s - renewed_from_s(validity, {}, 0), left_s) << life_s;
    EXPECT_EQ(why_now(validity, {}, 0, validity.ends_s - left_s - 1), "") << life_s;
    EXPECT_NE(why_now(validity, {}, 0, validity.ends_s - left_s), "") << life_s;
  }
  Validity day = {.begins_s = 1'000 * day_s, .ends_s = 1'001 * day_s};
  int64_t late_s = day.ends_s - hour_s;
  Window window = {.id = "a", .start_s = late_s, .end_s = late_s, .chosen_s = late_s};
  EXPECT_NE(why_now(day, window, 0, day.ends_s - 16 * hour_s), "") << "the authority suggests the last hour";
  EXPECT_EQ(why_now(day, {}, 2 * hour_s, day.ends_s - 3 * hour_s), "") << "who says when decides";
}

TEST(Renewing, WhenTheAuthoritySuggestsIt) {
  Validity validity = {.begins_s = 1'000 * day_s, .ends_s = 1'090 * day_s};
  Window window = {.id = "a", .start_s = 1'020 * day_s, .end_s = 1'022 * day_s, .chosen_s = 1'021 * day_s};
  EXPECT_EQ(why_now(validity, window, 0, window.chosen_s - 1), "");
  EXPECT_NE(why_now(validity, window, 0, window.chosen_s), "");
  EXPECT_EQ(why_now(validity, window, day_s, window.chosen_s), "") << "who says when decides";
  window.start_s = window.chosen_s = window.end_s = 1'089 * day_s;
  EXPECT_EQ(why_now(validity, window, 0, 1'065 * day_s), "") << "later than a third, but not forgotten:";
  EXPECT_NE(why_now(validity, window, 0, 1'075 * day_s), "");
  EXPECT_TRUE(is_usable(1'020 * day_s, 1'022 * day_s, validity));
  EXPECT_TRUE(is_usable(900 * day_s, 901 * day_s, validity)) << "at once";
  EXPECT_FALSE(is_usable(1'022 * day_s, 1'020 * day_s, validity));
  EXPECT_FALSE(is_usable(1'022 * day_s, 1'091 * day_s, validity));
}

TEST(Renewing, WhenTheAuthorityIsAskedForAWindow) {
  Window window = {.id = "a", .asked_s = 1'000, .next_s = 2'000};
  EXPECT_FALSE(is_asked_for(window, "", 5'000)) << "the certificate has no identifier";
  EXPECT_FALSE(is_asked_for(window, "a", 1'999));
  EXPECT_TRUE(is_asked_for(window, "a", 2'000));
  EXPECT_TRUE(is_asked_for(window, "b", 1'500)) << "of another certificate";
  EXPECT_TRUE(is_asked_for(window, "a", 999)) << "the clock was wrong";
}

Attempt failed(int64_t now_s, std::optional<int64_t> told_s, int64_t ends_s = 0) {
  return {.directory = "https://a/", .reason = "why", .told_s = told_s, .now_s = now_s, .ends_s = ends_s};
}

TEST(Failing, PausesGrow) {
  Renewal renewal;
  int64_t now_s = 1'000'000;
  int64_t before_s = 0;
  EXPECT_EQ(waits_until_s(renewal, "https://a/", now_s), 0);
  for (int i = 0; i < 100; i++) {
    note_failure(renewal, failed(now_s, {}));
    int64_t wait_s = waits_until_s(renewal, "https://a/", now_s) - now_s;
    EXPECT_GE(wait_s, before_s);
    EXPECT_EQ(wait_s, std::min(limits::backoff_first_s << std::min(i, 20), limits::backoff_most_s));
    EXPECT_LT(wait_s, day_s);
    before_s = wait_s;
  }
  EXPECT_EQ(waits_until_s(renewal, "https://a/", renewal.until_s), 0);
  EXPECT_EQ(waits_until_s(renewal, "https://a/", now_s - 1), 0) << "the clock was ahead when it failed";
  note_success(renewal);
  EXPECT_EQ(waits_until_s(renewal, "https://a/", now_s), 0);
}

TEST(Failing, TheAuthorityMaySayForHowLong) {
  Renewal renewal;
  for (auto [said_s, waited_s] :
       {std::pair<int64_t, int64_t>{7'200, 7'200}, {0, limits::backoff_first_s}, {INT64_MAX, limits::wait_most_s}}) {
    note_failure(renewal, failed(1'000, said_s));
    EXPECT_EQ(waits_until_s(renewal, "https://a/", 1'000), 1'000 + waited_s);
    EXPECT_TRUE(renewal.told_to_wait);
  }
}

TEST(Failing, AnotherAuthorityMayBeAsked) {
  Renewal renewal;
  for (int i = 0; i < 5; i++) note_failure(renewal, failed(1'000, day_s));
  EXPECT_EQ(waits_until_s(renewal, "https://a/", 1'000), 1'000 + day_s);
  EXPECT_EQ(waits_until_s(renewal, "https://b/", 1'000), 0);
  Attempt other = failed(1'000, {});
  other.directory = "https://b/";
  note_failure(renewal, other);
  EXPECT_EQ(renewal.failures, 1);
  EXPECT_EQ(waits_until_s(renewal, "https://b/", 1'000), 1'000 + limits::backoff_first_s);
  renewal.failed_directory.clear(); // of a version that did not remember it
  EXPECT_NE(waits_until_s(renewal, "https://a/", 1'000), 0);
}

TEST(Failing, TheCertificateDoesNotEndMeanwhile) {
  for (auto [left_s, waited_s] : {std::pair<int64_t, int64_t>{10 * day_s, 5 * day_s},
                                  {60, limits::backoff_first_s},
                                  {100 * day_s, limits::wait_most_s},
                                  {0, limits::wait_most_s},
                                  {-day_s, limits::wait_most_s}}) {
    Renewal renewal;
    note_failure(renewal, failed(10 * day_s, INT64_MAX, 10 * day_s + left_s));
    EXPECT_EQ(renewal.until_s - 10 * day_s, waited_s) << left_s;
  }
}

TEST(Remembering, ReadAsItWasWritten) {
  Renewal renewal = {.directory = "https://a/",
                     .failures = 3,
                     .failed_s = 4,
                     .until_s = 5,
                     .told_to_wait = true,
                     .failed_directory = "https://b/",
                     .reason = "\xff\x1b",
                     .window = {.id = "id", .start_s = 1, .end_s = 2, .chosen_s = 2, .asked_s = 3, .next_s = 9}};
  std::string text = write_renewal(renewal);
  auto read = parse_renewal(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(write_renewal(*read), text);
  EXPECT_EQ(read->window.next_s, 9);
  EXPECT_TRUE(read->told_to_wait);
  EXPECT_EQ(read->failed_directory, "https://b/");
  for (size_t size = 0; size < text.size() - 2; size++) EXPECT_FALSE(parse_renewal(text.substr(0, size))) << size;
  for (auto [from, to] : {std::pair{"\"failures\": 3", "\"failures\": -3"},
                          {"\"failures\": 3", "\"failures\": 1e300"},
                          {"\"failures\": 3", "\"failures\": \"3\""},
                          {"\"end\": 2", "\"end\": null"},
                          {"\"until\": 5", "\"until\": 99999999999999999999"},
                          {"\"ordered\": true", "\"ordered\": 1"},
                          {"\"failed_directory\": \"https://b/\"", "\"failed_directory\": 1"}}) {
    std::string changed = text;
    ASSERT_NE(changed.find(from), std::string::npos);
    changed.replace(changed.find(from), std::string_view(from).size(), to);
    EXPECT_FALSE(parse_renewal(changed)) << to;
  }
}

} // namespace
} // namespace minhttp::acme
