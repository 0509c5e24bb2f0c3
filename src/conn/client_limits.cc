// SPDX-License-Identifier: MIT
#include "conn/client_limits.h"

#include "base/check.h"
#include "conn/slot_shares.h"

namespace minhttp::conn {
namespace {

// A place of counts: the upper bits are a part of a keyed hash of the client, by which clients that share a set are
// told apart; the lower ones are its connections. With 0 the place is free.
constexpr uint64_t count_bits = 24; // far more than limits::client_connections_max
constexpr uint64_t count_mask = (uint64_t{1} << count_bits) - 1;
constexpr uint64_t tag_of(uint64_t word) { return word >> count_bits; }
constexpr uint64_t count_of(uint64_t word) { return word & count_mask; }

constexpr uint64_t token = 1'000; // what a request costs, in the unit of Bucket::full: the rate is tokens a second

uint64_t hash_of(const SipKey& key, uint64_t client) {
  return siphash(key, {reinterpret_cast<const char*>(&client), sizeof client})[0];
}

// Nobody's prefix is all ones, so this is never 0.
uint64_t number_of_client(const IpAddress& client) { return ~client_key(client); }

// Replaces the word by next(word); next returns nothing where it should stay. False: it stays, or other workers have
// changed it limits::client_tries_max times meanwhile.
template <typename Next>
bool change(SharedLong& word, const Next& next) {
  for (int tries = 0; tries < limits::client_tries_max; tries++) {
    uint64_t before = word.load();
    std::optional<uint64_t> after = next(before);
    if (!after) return false;
    if (word.replace(before, *after)) return true;
  }
  return false;
}

} // namespace

void ClientLimits::check_tables() const {
  CHECK(tables_.buckets.size() % set_size == 0 && tables_.counts.size() % set_size == 0);
  CHECK((rate_ == 0) == tables_.buckets.empty() && (connections_ == 0) == tables_.counts.empty());
  CHECK(tables_.counts.size() <= size_t{UINT16_MAX} + 1);
  CHECK(tables_.owned.size() == tables_.seats.size() * tables_.counts.size());
}

// A new client whose set is full takes over the bucket with the smallest debt, and that debt: so the number of buckets
// bounds the rate of all clients together, and two words need not change as one. Two workers may each take
// a place for the same new client; then the first one counts.
ClientLimits::Bucket& ClientLimits::bucket_of(uint64_t client) {
  size_t sets = tables_.buckets.size() / set_size;
  std::span<Bucket> set = tables_.buckets.subspan(hash_of(key_, client) % sets * set_size, set_size);
  Bucket* least = set.data();
  for (Bucket& bucket : set) {
    cost::add(cost::Kind::probes);
    if (bucket.client.load() == client) return bucket;
    if (bucket.full.load() < least->full.load()) least = &bucket;
  }
  least->client.store(client);
  return *least;
}

bool ClientLimits::take_request(const IpAddress& client, int64_t now_ms) {
  if (rate_ == 0) return true;
  Bucket& bucket = bucket_of(number_of_client(client));
  uint64_t now = static_cast<uint64_t>(now_ms) * rate_;
  uint64_t full_debt = uint64_t{limits::client_burst_s} * rate_ * token;
  return change(bucket.full, [=](uint64_t full) -> std::optional<uint64_t> {
    uint64_t from = full > now ? full : now;
    if (from + token > now + full_debt) return {};
    return from + token;
  });
}

ClientLimits::Place ClientLimits::place_of(const IpAddress& client) const {
  uint64_t hash = hash_of(key_, number_of_client(client));
  size_t sets = tables_.counts.size() / set_size;
  return {.set = static_cast<uint32_t>(hash) % sets * set_size, .tag = tag_of(hash)};
}

// The connections of a client may be at two places, if two workers have counted its first ones at the same time.
bool ClientLimits::has_room(const IpAddress& client) const {
  if (connections_ == 0) return true;
  Place place = place_of(client);
  uint64_t count = 0;
  for (const SharedLong& at : tables_.counts.subspan(place.set, set_size)) {
    uint64_t word = at.load();
    if (tag_of(word) == place.tag) count += count_of(word);
  }
  return count < connections_;
}

// What a process owns is recorded before it is added to the count of all, and removed after it is subtracted: if the
// process dies in between, the supervisor subtracts one too many, and no count stays for ever. A count does not go
// below zero: the subtraction would borrow from the tag, and the place would be lost.
std::optional<uint16_t> ClientLimits::count(const IpAddress& client) {
  if (connections_ == 0 || seat_ == tables_.seats.size()) return {};
  Place place = place_of(client);
  for (bool own : {true, false}) { // its own place, else a free one
    auto fits = [=](uint64_t word) {
      return own ? count_of(word) > 0 && tag_of(word) == place.tag : count_of(word) == 0;
    };
    for (size_t i = place.set; i < place.set + set_size; i++) {
      cost::add(cost::Kind::probes);
      if (!fits(tables_.counts[i].load())) continue;
      owned_at(seat_, i)++;
      bool counted = change(tables_.counts[i], [=](uint64_t word) -> std::optional<uint64_t> {
        if (!fits(word)) return {};
        return place.tag << count_bits | (count_of(word) + 1);
      });
      if (counted) return static_cast<uint16_t>(i);
      owned_at(seat_, i)--;
    }
  }
  return {};
}

void ClientLimits::give_back(uint16_t place) {
  if (subtract(place, 1)) owned_at(seat_, place)--; // else the supervisor will
}

bool ClientLimits::subtract(size_t place, uint32_t count) {
  return change(tables_.counts[place], [=](uint64_t word) {
    return std::optional(count_of(word) > count ? word - count : word & ~count_mask);
  });
}

void ClientLimits::take_seat(uint32_t process) {
  for (seat_ = 0; seat_ < tables_.seats.size(); seat_++) {
    if (tables_.seats[seat_].replace(0, process)) return;
  }
}

void ClientLimits::free_seat(uint32_t process) {
  for (uint32_t seat = 0; seat < tables_.seats.size(); seat++) {
    if (tables_.seats[seat].load() != process) continue;
    for (size_t i = 0; i < tables_.counts.size(); i++) {
      uint16_t& owned = owned_at(seat, i);
      if (owned != 0) (void)subtract(i, owned);
      owned = 0;
    }
    tables_.seats[seat].store(0);
  }
}

} // namespace minhttp::conn
