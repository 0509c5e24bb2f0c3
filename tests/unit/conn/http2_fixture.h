// SPDX-License-Identifier: MIT
#pragma once
// What the tests of connections that speak HTTP/2 share.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "conn/http2.h"
#include "unit/conn/h2_client.h"
#include "unit/serve/expect_cost.h"
#include "unit/serve/lock.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {

using conn::Timer;

struct Http2 : SmallSite {
  Plan plan() {
    Plan made = SmallSite::plan();
    made.h2_sessions = 4;
    made.log = conn::LogFormat::common;
    made.log_records = 200;
    return made;
  }
  static void set_time(TestServer& house, int64_t now_ms) {
    serve::Clock clock;
    clock.set(now_ms * 1'000'000, int64_t{1'800'000'000'000} * 1'000'000);
    house.set_clock(clock);
  }
  // Nothing is kept of connections that are closed.
  static void expect_nothing_left(TestServer& house) {
    conn::Server& server = house.server();
    EXPECT_EQ(server.http2->free_sessions.taken(), 0U);
    EXPECT_EQ(server.http2->shared.streams.free.taken(), 0U);
    EXPECT_EQ(server.free_workspaces.taken(), 0U);
    EXPECT_EQ(server.free_log_records.taken(), 0U);
    EXPECT_EQ(server.context.listings.taken(), 0U);
    for (const conn::StreamBody& body : server.http2->bodies) EXPECT_FALSE(body.source.open());
  }
  // The last words of each line of the log.
  static std::string logged(TestServer& house) {
    std::string all = house.log();
    std::string said;
    for (size_t at = 0; at < all.size();) {
      size_t end = all.find('\n', at);
      said += (said.empty() ? "" : "; ") + all.substr(all.find("] \"", at) + 2, end - all.find("] \"", at) - 2);
      at = end + 1;
    }
    return said;
  }
};

} // namespace minhttp::test
