// SPDX-License-Identifier: MIT
// Which site a host gets.

#include <gtest/gtest.h>

#include "site/site.h"

namespace minhttp::test {
namespace {

TEST(Sites, ASingleSiteAnswersForEveryHost) {
  site::Site site;
  site::Sites sites = {.all = {&site, 1}, .default_site = &site};
  for (const char* host : {"", "a", "a:80", "[::1]:8080"}) EXPECT_EQ(sites.pick(host), &site) << host;
}

TEST(Sites, ASiteIsChosenByHost) {
  site::Site all[3];
  all[0].host = "a.example";
  all[1].host = "[::1]";
  site::Sites sites = {.all = all, .default_site = nullptr};
  for (const char* host : {"a.example", "A.Example", "a.example:8080", "a.example.", "a.example.:80"}) {
    EXPECT_EQ(sites.pick(host), &all[0]) << host;
  }
  EXPECT_EQ(sites.pick("[::1]:80"), &all[1]);
  for (const char* host : {"", "b.example", "a.exampl", "a.example..", "xa.example", "..", "default"}) {
    EXPECT_EQ(sites.pick(host), nullptr) << host;
  }
  sites.default_site = &all[2];
  EXPECT_EQ(sites.pick("b.example"), &all[2]);
  EXPECT_EQ(sites.pick("a.example"), &all[0]);
}

TEST(Sites, OneHostWithoutADefault) {
  site::Site site;
  site.host = "a";
  site::Sites sites = {.all = {&site, 1}, .default_site = nullptr};
  EXPECT_EQ(sites.pick("a"), &site);
  EXPECT_EQ(sites.pick("b"), nullptr);
}

} // namespace
} // namespace minhttp::test
