// SPDX-License-Identifier: MIT
#pragma once
// Deadlines in constant time. Every kind of timer has one duration, so a list of connections in the order in which
// their timers were set is also in the order of their deadlines: setting appends, the oldest is in front, and no list
// is ever searched.

#include <array>
#include <cstdint>
#include <span>

#include "base/list.h"
#include "conn/connection.h"

namespace minhttp::conn {

class Timers {
 public:
  Timers(std::span<Connection> connections, const std::array<uint32_t, timer_count>& durations_ms)
      : connections_(connections), durations_ms_(durations_ms) {
    for (List& list : lists_) list = {};
  }

  // Sets the timer of a connection, in place of any other.
  void set(Connection& connection, Timer timer, int64_t now_ms) {
    clear(connection);
    List& list = lists_[static_cast<size_t>(timer)];
    connection.timer = timer;
    connection.deadline_ms = now_ms + durations_ms_[static_cast<size_t>(timer)];
    list.append(connections_, &Connection::timer_links, slot_of(connection));
  }

  void clear(Connection& connection) {
    if (connection.timer == Timer::none) return;
    List& list = lists_[static_cast<size_t>(connection.timer)];
    list.remove(connections_, &Connection::timer_links, slot_of(connection));
    connection.timer = Timer::none;
  }

  // The connection that has waited longest under this timer, or Pool::none.
  uint32_t oldest(Timer timer) const { return lists_[static_cast<size_t>(timer)].front; }

  // How many wait under it.
  uint32_t count(Timer timer) const { return lists_[static_cast<size_t>(timer)].count; }

  int64_t duration_ms(Timer timer) const { return durations_ms_[static_cast<size_t>(timer)]; }

  // When the timer of a connection was set. The connection must have one.
  int64_t since_ms(const Connection& connection) const {
    return connection.deadline_ms - durations_ms_[static_cast<size_t>(connection.timer)];
  }

  // The earliest deadline of all, or INT64_MAX.
  int64_t earliest_ms() const {
    int64_t earliest = INT64_MAX;
    for (const List& list : lists_) {
      if (!list.empty() && connections_[list.front].deadline_ms < earliest) {
        earliest = connections_[list.front].deadline_ms;
      }
    }
    return earliest;
  }

  // A connection whose deadline has passed, or Pool::none.
  uint32_t expired(int64_t now_ms) const {
    for (const List& list : lists_) {
      if (!list.empty() && connections_[list.front].deadline_ms <= now_ms) return list.front;
    }
    return Pool::none;
  }

  uint32_t slot_of(const Connection& connection) const {
    return static_cast<uint32_t>(&connection - connections_.data());
  }

 private:
  std::span<Connection> connections_;
  std::array<uint32_t, timer_count> durations_ms_;
  std::array<List, timer_count> lists_;
};

} // namespace minhttp::conn
