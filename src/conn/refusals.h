// SPDX-License-Identifier: MIT
#pragma once
// Counts connections and requests that were refused because something had run out or a client wants too much, and
// prints one line a second at most. note_refusal() (metering.h) also counts them for /metrics.

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "rt/output.h"
#include "tables/limits.h"

namespace minhttp::conn {

// What has run out: of the server's, and then of one client's.
enum class Shortage : uint8_t { connections, workspaces, descriptors, client_connections, client_rate };
constexpr size_t shortage_count = static_cast<size_t>(Shortage::client_rate) + 1;

class Refusals {
 public:
  void add(Shortage of, int64_t now_ms) {
    if (say_at_ms_ == INT64_MAX) say_at_ms_ = now_ms + limits::refusals_said_ms;
    counts_[static_cast<size_t>(of)]++;
  }

  // When a line is due; INT64_MAX: nobody was refused.
  int64_t due_ms() const { return say_at_ms_; }

  // connections, workspaces: how many there are.
  void say(uint64_t connections, uint64_t workspaces) {
    char text[384];
    Writer line(text);
    uint64_t all = 0;
    for (uint64_t count : counts_) all += count;
    line.text("minhttp: refused ").decimal(all).text(all == 1 ? " time" : " times").text(" in the last second:");
    bool first = true;
    auto has_run_out = [&](Shortage of) {
      if (counts_[static_cast<size_t>(of)] == 0) return false;
      line.text(first ? " " : ", ");
      first = false;
      return true;
    };
    if (has_run_out(Shortage::connections)) {
      line.text("all ").decimal(connections).text(" connections are busy (--connections)");
    }
    if (has_run_out(Shortage::workspaces)) {
      line.text("all ").decimal(workspaces).text(" workspaces are busy (--workspaces)");
    }
    if (has_run_out(Shortage::descriptors)) line.text("no file descriptor is free (ulimit -n)");
    if (has_run_out(Shortage::client_connections)) {
      line.text("a client has too many connections (--client-connections)");
    }
    if (has_run_out(Shortage::client_rate)) line.text("a client asks too often (--client-rate)");
    rt::print(2, line.byte('\n').view());
    counts_ = {};
    say_at_ms_ = INT64_MAX;
  }

 private:
  std::array<uint64_t, shortage_count> counts_ = {}; // one for each Shortage
  int64_t say_at_ms_ = INT64_MAX;
};

} // namespace minhttp::conn
