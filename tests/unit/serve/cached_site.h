// SPDX-License-Identifier: MIT
#pragma once
// A small site with a cache of its files, so that responses are replayed, and functions to send requests.

#include <string>
#include <string_view>

#include "unit/serve/small_site.h"

namespace minhttp::test {

struct CachedSite : SmallSite {
  Plan cached() {
    Plan plan = SmallSite::plan();
    plan.cache_files = 64;
    return plan;
  }
  static std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }
  static std::string ask(TestServer& house, std::string_view request) {
    Client client(house);
    client.send(request);
    return client.output();
  }
  // What time it is: later_ms after the house was made, on the monotonic clock, and wall_ms after the second of its
  // first Date began.
  void set_time(TestServer& house, int64_t later_ms, int64_t wall_ms) {
    if (made_ms == 0) {
      made_ms = house.server().context.clock.now_ms();
      made_s = house.server().context.clock.seconds();
    }
    serve::Clock clock;
    clock.set((made_ms + later_ms) * 1'000'000, (made_s * 1000 + wall_ms) * 1'000'000);
    house.set_clock(clock);
  }

  int64_t made_ms = 0;
  int64_t made_s = 0;
};

} // namespace minhttp::test
