// SPDX-License-Identifier: MIT
#pragma once
// Counts the connections and requests that were refused because a limit was reached, and prints one line a second at
// most. note_limit_refusal() (metering.h) also counts them for /metrics. Why a single request was refused is
// http::Refusal.

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "rt/output.h"
#include "tables/limits.h"
#include "tables/program.h"

namespace minhttp::conn {

// The limit for which a client is refused, or a connection evicted: of the whole server, those of one client, and that
// of OpenSSL, which minhttp does not have.
enum class ReachedLimit : uint8_t { connections, workspaces, descriptors, client_connections, client_rate, tls_memory };
constexpr size_t reached_limit_count = static_cast<size_t>(ReachedLimit::tls_memory) + (has_tls ? 1 : 0);

class LimitRefusals {
 public:
  void add(ReachedLimit of, int64_t now_ms) {
    if (say_at_ms_ == INT64_MAX) say_at_ms_ = now_ms + limits::refusals_said_ms;
    counts_[static_cast<size_t>(of)]++;
  }

  // When a line is due; INT64_MAX: nobody was refused.
  int64_t due_ms() const { return say_at_ms_; }

  // connections, workspaces: how many there are.
  void say(uint64_t connections, uint64_t workspaces) {
    char text[448];
    Writer line(text);
    uint64_t all = 0;
    for (uint64_t count : counts_) all += count;
    line.text(MINHTTP_NAME ": refused ").decimal(all).text(all == 1 ? " time" : " times").text(" in the last second:");
    bool first = true;
    auto was_reached = [&](ReachedLimit of) {
      if (counts_[static_cast<size_t>(of)] == 0) return false;
      line.text(first ? " " : ", ");
      first = false;
      return true;
    };
    if (was_reached(ReachedLimit::connections)) {
      line.text("all ").decimal(connections).text(" connections are busy (--connections)");
    }
    if (was_reached(ReachedLimit::workspaces)) {
      line.text("all ").decimal(workspaces).text(" workspaces are busy (--workspaces)");
    }
    if (was_reached(ReachedLimit::descriptors)) line.text("no file descriptor is free (ulimit -n)");
    if (was_reached(ReachedLimit::client_connections)) {
      line.text("a client has too many connections (--client-connections)");
    }
    if (was_reached(ReachedLimit::client_rate)) line.text("a client asks too often (--client-rate)");
    if constexpr (has_tls) {
      if (was_reached(ReachedLimit::tls_memory)) line.text("no memory is free for a handshake (--tls-bytes)");
    }
    rt::print(2, line.byte('\n').view());
    counts_ = {};
    say_at_ms_ = INT64_MAX;
  }

 private:
  std::array<uint64_t, reached_limit_count> counts_ = {}; // one for each ReachedLimit
  int64_t say_at_ms_ = INT64_MAX;
};

} // namespace minhttp::conn
