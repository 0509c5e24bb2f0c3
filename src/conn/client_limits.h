// SPDX-License-Identifier: MIT
#pragma once
// How much one client may do, counted over all workers in memory that they share: --client-rate and
// --client-connections. A client is an IPv4 address, or a /64 of IPv6 (slot_shares.h).
//
// There is no lock: each place of a table is one or two words, and each word is replaced as a whole. A worker may die
// at any moment: the supervisor then subtracts what the worker has noted in its seat.

#include <cstdint>
#include <optional>
#include <span>

#include "base/ip.h"
#include "base/shared_word.h"
#include "crypto/siphash.h"
#include "tables/limits.h"

namespace minhttp::conn {

// A seat is a row in which one process notes what it has counted, so that the supervisor can subtract it when the
// process ends. For each worker there are two, the second one for the process that it has replaced; the rest are for
// retired processes that still drain.
constexpr uint32_t client_seats(uint32_t workers) { return 2 * workers + limits::formers_max; }

class ClientLimits {
 public:
  // A token bucket. Zeroed: a full one, of nobody.
  struct Bucket {
    SharedLong client; // 0: nobody
    SharedLong full;   // when it is full again: milliseconds, times the rate
  };

  // Zeroed memory, shared by all workers. A table may be empty where its limit is off; else it has whole sets.
  struct Tables {
    std::span<Bucket> buckets;
    std::span<SharedLong> counts;
    std::span<SharedWord> seats; // the process that has it; 0: free
    std::span<uint16_t> owned;   // for each seat: what it has counted at each place of counts
  };
  static constexpr size_t set_size = 8;

  // rate: requests a second; connections: open at the same time; 0: no limit. key: random, so that nobody can choose
  // addresses that share a set.
  ClientLimits(const Tables& tables, const SipKey& key, uint32_t rate, uint32_t connections)
      : tables_(tables), key_(key), rate_(rate), connections_(connections) {
    check_tables();
  }

  // Takes a token for a request. False: there is none, but there will be within a second.
  bool take_request(const IpAddress& client, int64_t now_ms);

  // Whether the client may have another connection. Workers that ask at the same moment may each get a yes.
  bool has_room(const IpAddress& client) const;
  // Counts a connection. Returns its place, for give_back(). Nothing: it is not counted, as its set of places is taken
  // by other clients.
  std::optional<uint16_t> count(const IpAddress& client);
  // A connection ends that this process has counted.
  void give_back(uint16_t place);

  // In a new worker: takes a seat. process: above 0, unique among all that were ever made. A server without workers has
  // the first seat. If none is free, which needs processes that were killed and cannot die, connections of this process
  // are not counted.
  void take_seat(uint32_t process);
  // For the supervisor: this process has ended, and its connections with it.
  void free_seat(uint32_t process);

 private:
  void check_tables() const;

  struct Place {
    size_t set;
    uint64_t tag;
  };
  Place place_of(const IpAddress& client) const;
  uint16_t& owned_at(uint32_t seat, size_t place) { return tables_.owned[seat * tables_.counts.size() + place]; }
  Bucket& bucket_of(uint64_t client);
  bool subtract(size_t place, uint32_t count);

  Tables tables_;
  SipKey key_;
  uint32_t rate_;
  uint32_t connections_;
  uint32_t seat_ = 0; // the number of seats: none
};

} // namespace minhttp::conn
