// SPDX-License-Identifier: MIT
#pragma once
// Finds the client that has too many slots when all are taken. A client is an IPv4 address, or a /64 of IPv6, which
// belongs to one customer. The client with the most slots is greedy if it has more than one of limits::greedy_part
// parts, but not more than nine tenths: then they are all clients behind one address (a proxy, a NAT).
// Memory of OpenSSL runs out in the same way: then only connections that have some count.
//
// Nothing is counted while slots are free, so that a connection costs nothing more. When none is free, all slots are
// looked at, and the result serves the next new clients too: see limits::share_slots_looked_at.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "conn/connection.h"
#include "conn/timers.h"

namespace minhttp::conn {

// The client that an address belongs to.
uint64_t client_key(const IpAddress& address);

class SlotShares {
 public:
  enum class Of : uint8_t { slots, tls_memory };
  explicit SlotShares(Of what = Of::slots) : of_(what) {}

  // The greedy client, if there is one. Call it once for each new client that finds no free slot.
  std::optional<uint64_t> greedy(std::span<const Connection> connections, const Timers& timers, int64_t now_ms);

  // The next connection of the greedy client that may be closed, or Pool::none: the one longest without progress first,
  // and each one only once. connections: as for greedy().
  uint32_t next_victim(std::span<const Connection> connections);

 private:
  struct Victim {
    int64_t since_ms; // when its timer was set
    uint32_t slot;
    uint32_t generation;
    int64_t deadline_ms; // if it has changed, the connection has made progress, or is another one
  };

  bool counts(const Connection& connection) const {
    return connection.socket.open() && (!has_tls || of_ == Of::slots || connection.holds_tls);
  }
  bool is_due(size_t connections, int64_t now_ms) const;
  void find_greedy(std::span<const Connection> connections);
  void find_victims(std::span<const Connection> connections, const Timers& timers);

  Of of_;
  std::optional<uint64_t> greedy_;
  std::array<Victim, limits::share_victims> victims_ = {};
  uint32_t found_ = 0; // entries of victims_ in use, in order of since_ms
  uint32_t given_ = 0;
  uint64_t asked_ = 0; // new clients since the slots were looked at
  int64_t looked_ms_ = INT64_MIN;
};

} // namespace minhttp::conn
