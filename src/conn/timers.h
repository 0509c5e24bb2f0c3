// SPDX-License-Identifier: MIT
#pragma once
// Deadlines in constant time. Every kind of timer has one duration, so a list of connections in the order in which
// their timers were set is also in the order of their deadlines: setting appends, the oldest is in front, and no list
// is ever searched.

#include <array>
#include <cstdint>
#include <span>

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
    uint32_t index = slot_of(connection);
    connection.timer = timer;
    connection.deadline_ms = now_ms + durations_ms_[static_cast<size_t>(timer)];
    connection.timer_previous = list.back;
    connection.timer_next = Pool::none;
    (list.back == Pool::none ? list.front : connections_[list.back].timer_next) = index;
    list.back = index;
  }

  void clear(Connection& connection) {
    if (connection.timer == Timer::none) return;
    List& list = lists_[static_cast<size_t>(connection.timer)];
    uint32_t next = connection.timer_next;
    uint32_t previous = connection.timer_previous;
    (previous == Pool::none ? list.front : connections_[previous].timer_next) = next;
    (next == Pool::none ? list.back : connections_[next].timer_previous) = previous;
    connection.timer = Timer::none;
  }

  // The connection that has waited longest under this timer, or Pool::none.
  uint32_t oldest(Timer timer) const { return lists_[static_cast<size_t>(timer)].front; }

  // When the timer of a connection was set. The connection must have one.
  int64_t since_ms(const Connection& connection) const {
    return connection.deadline_ms - durations_ms_[static_cast<size_t>(connection.timer)];
  }

  // The earliest deadline of all, or INT64_MAX.
  int64_t earliest_ms() const {
    int64_t earliest = INT64_MAX;
    for (const List& list : lists_) {
      if (list.front != Pool::none && connections_[list.front].deadline_ms < earliest) {
        earliest = connections_[list.front].deadline_ms;
      }
    }
    return earliest;
  }

  // A connection whose deadline has passed, or Pool::none.
  uint32_t expired(int64_t now_ms) const {
    for (const List& list : lists_) {
      if (list.front != Pool::none && connections_[list.front].deadline_ms <= now_ms) return list.front;
    }
    return Pool::none;
  }

  uint32_t slot_of(const Connection& connection) const {
    return static_cast<uint32_t>(&connection - connections_.data());
  }

 private:
  struct List {
    uint32_t front = Pool::none;
    uint32_t back = Pool::none;
  };

  std::span<Connection> connections_;
  std::array<uint32_t, timer_count> durations_ms_;
  std::array<List, timer_count> lists_;
};

} // namespace minhttp::conn
