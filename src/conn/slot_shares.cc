// SPDX-License-Identifier: MIT
#include "conn/slot_shares.h"

namespace minhttp::conn {
namespace {

// A client that may be greedy, and how many slots it has.
struct Candidate {
  uint64_t client = 0;
  uint64_t count = 0;
};

using Candidates = std::array<Candidate, limits::greedy_part>;

// Misra and Gries (1982): with greedy_part candidates, every client that has more than one part of the slots is among
// them.
template <typename Counts>
Candidates candidates_of(std::span<const Connection> connections, const Counts& counts) {
  Candidates candidates;
  for (const Connection& connection : connections) {
    if (!counts(connection)) continue;
    uint64_t client = client_key(connection.peer);
    Candidate* place = nullptr; // its own one, or a free one
    for (Candidate& candidate : candidates) {
      bool own = candidate.count > 0 && candidate.client == client;
      if (own || candidate.count == 0) place = &candidate;
      if (own) break;
    }
    if (place != nullptr) {
      *place = {.client = client, .count = place->count + 1};
    } else {
      for (Candidate& candidate : candidates) candidate.count--;
    }
  }
  return candidates;
}

} // namespace

uint64_t client_key(const IpAddress& address) {
  uint64_t client;
  // The half that names the client: the second one of a mapped address, which begins with the last bytes of ::ffff;
  // else the first one, a /64.
  __builtin_memcpy(&client, address.data() + (is_mapped(address) ? 8 : 0), sizeof client);
  return client;
}

std::optional<uint64_t> SlotShares::greedy(std::span<const Connection> connections, const Timers& timers,
                                           int64_t now_ms) {
  asked_++;
  if (is_due(connections.size(), now_ms)) {
    asked_ = found_ = given_ = 0;
    looked_ms_ = now_ms;
    find_greedy(connections);
    if (greedy_) find_victims(connections, timers);
  }
  return greedy_;
}

// Every limits::share_fresh_ms, and earlier if all victims were used and enough new clients share the cost.
bool SlotShares::is_due(size_t connections, int64_t now_ms) const {
  if (looked_ms_ == INT64_MIN || now_ms - looked_ms_ >= limits::share_fresh_ms) return true;
  return given_ == found_ && asked_ * limits::share_slots_looked_at >= connections;
}

void SlotShares::find_greedy(std::span<const Connection> connections) {
  Candidates candidates = candidates_of(connections, [this](const Connection& each) { return counts(each); });
  for (Candidate& candidate : candidates) candidate.count = 0; // these counts are too low: Misra and Gries subtract
  size_t all = 0;
  for (const Connection& connection : connections) {
    if (!counts(connection)) continue;
    all++;
    uint64_t client = client_key(connection.peer);
    for (Candidate& candidate : candidates) {
      if (candidate.client == client) {
        candidate.count++;
        break;
      }
    }
  }
  const Candidate* most = candidates.data();
  for (const Candidate& candidate : candidates) {
    if (candidate.count > most->count) most = &candidate;
  }
  if (of_ == Of::slots) all = connections.size();
  bool much = most->count > 1 && most->count * limits::greedy_part > all;
  bool nearly_all = most->count * 10 > all * 9;
  greedy_ = much && !nearly_all ? std::optional(most->client) : std::nullopt;
}

// Finds the connections that have waited longest, in order: inserts each at its place among those found so far.
void SlotShares::find_victims(std::span<const Connection> connections, const Timers& timers) {
  for (const Connection& connection : connections) {
    if (!counts(connection) || connection.timer == Timer::none || connection.queued) continue;
    if (client_key(connection.peer) != *greedy_) continue;
    int64_t since_ms = timers.since_ms(connection);
    uint32_t at = found_;
    if (at == victims_.size()) {
      if (victims_.back().since_ms <= since_ms) continue;
      at--;
    } else {
      found_++;
    }
    for (; at > 0 && victims_[at - 1].since_ms > since_ms; at--) victims_[at] = victims_[at - 1];
    victims_[at] = {.since_ms = since_ms,
                    .slot = timers.slot_of(connection),
                    .generation = connection.generation,
                    .deadline_ms = connection.deadline_ms};
  }
}

uint32_t SlotShares::next_victim(std::span<const Connection> connections) {
  while (given_ < found_) {
    const Victim& victim = victims_[given_++];
    const Connection& connection = connections[victim.slot];
    bool same = connection.socket.open() && connection.generation == victim.generation;
    bool waits = connection.timer != Timer::none && !connection.queued;
    if (same && waits && connection.deadline_ms == victim.deadline_ms) return victim.slot;
  }
  return Pool::none;
}

} // namespace minhttp::conn
