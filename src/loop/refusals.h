// SPDX-License-Identifier: MIT
#pragma once
// Counts clients that were refused because something had run out, and prints one line a second at most.

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "rt/output.h"
#include "tables/limits.h"

namespace minhttp::loop {

enum class Shortage : uint8_t { connections, workspaces, descriptors };

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
    char text[256];
    Writer line(text);
    uint64_t all = 0;
    for (uint64_t count : counts_) all += count;
    line.text("minhttp: refused ").decimal(all).text(all == 1 ? " client" : " clients").text(" in the last second:");
    if (counts_[0] > 0) line.text(" all ").decimal(connections).text(" connections are busy (--connections)");
    if (counts_[1] > 0) {
      line.text(counts_[0] > 0 ? ", all " : " all ").decimal(workspaces).text(" workspaces are busy (--workspaces)");
    }
    if (counts_[2] > 0) {
      line.text(all > counts_[2] ? ", " : " ").text("no file descriptor is free (ulimit -n)");
    }
    rt::print(2, line.byte('\n').view());
    counts_ = {};
    say_at_ms_ = INT64_MAX;
  }

 private:
  std::array<uint64_t, 3> counts_ = {}; // one for each Shortage
  int64_t say_at_ms_ = INT64_MAX;
};

} // namespace minhttp::loop
