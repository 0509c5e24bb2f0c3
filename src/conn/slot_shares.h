// SPDX-License-Identifier: MIT
#pragma once
// Who holds too many of the slots when all are taken. A client is an IPv4 address, or a /64 of IPv6, which is
// one customer's. The one with the most slots is greedy if it has more than 1 of limits::greedy_part, but not
// more than nine tenths: then it is everybody, behind one address (a proxy, a NAT).
//
// Nothing is counted while slots are free, so that a connection costs nothing more. When none is, all slots are
// looked at, and what was found is used for the next newcomers: see limits::share_slots_looked_at.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "conn/connection.h"
#include "conn/timers.h"

namespace minhttp::conn {

// The client that an address belongs to.
uint64_t client_of(const IpAddress& address);

class SlotShares {
 public:
  // To be asked once for each newcomer that finds no free slot. The greedy client, if there is one.
  std::optional<uint64_t> greedy(std::span<const Connection> connections, const Timers& timers, int64_t now_ms);

  // Of its connections the next one that may be closed, the one longest without progress first, or Pool::none.
  // Each is given once. connections: the same.
  uint32_t next_victim(std::span<const Connection> connections);

 private:
  struct Victim {
    int64_t since_ms; // its timer was set
    uint32_t slot;
    uint32_t generation;
    int64_t deadline_ms; // another one: it has made progress, or is another client's
  };

  bool is_due(size_t connections, int64_t now_ms) const;
  void find_greedy(std::span<const Connection> connections);
  void find_victims(std::span<const Connection> connections, const Timers& timers);

  std::optional<uint64_t> greedy_;
  std::array<Victim, limits::share_victims> victims_ = {};
  uint32_t found_ = 0; // of victims_, in order of since_ms
  uint32_t given_ = 0;
  uint64_t asked_ = 0; // since the slots were looked at
  int64_t looked_ms_ = INT64_MIN;
};

} // namespace minhttp::conn
