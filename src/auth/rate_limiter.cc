// SPDX-License-Identifier: MIT
#include "auth/rate_limiter.h"

#include "base/check.h"
#include "base/cidr.h"

namespace minhttp::auth {
namespace {

struct Rate {
  int64_t at_once;  // tokens of a full bucket
  int64_t token_ms; // in which it gets one back
};
constexpr Rate address_rate = {limits::guesses_at_once, limits::guess_ms};
constexpr Rate account_rate = {limits::account_guesses_at_once, limits::account_guess_ms};

int64_t charge_bucket(int64_t& full_ms, const Rate& rate, int64_t now_ms) {
  int64_t debt_ms = full_ms > now_ms ? full_ms - now_ms : 0;
  int64_t early_ms = debt_ms + rate.token_ms - rate.at_once * rate.token_ms;
  if (early_ms > 0) return early_ms;
  full_ms = now_ms + debt_ms + rate.token_ms;
  return 0;
}

int64_t charge_in_set(std::span<TokenBucket> set, const std::array<uint8_t, 16>& key, const Rate& rate,
                      int64_t now_ms) {
  TokenBucket* place = set.data();
  for (TokenBucket& candidate : set) {
    if (candidate.key == key) {
      place = &candidate;
      break;
    }
    if (candidate.full_ms < place->full_ms) place = &candidate;
  }
  int64_t early_ms = charge_bucket(place->full_ms, rate, now_ms);
  if (early_ms == 0) place->key = key;
  return early_ms;
}

std::span<TokenBucket> choose_set(std::span<TokenBucket> table, uint64_t hash) {
  return table.subspan(hash % (table.size() / AddressLimiter::set_size) * AddressLimiter::set_size,
                       AddressLimiter::set_size);
}

bool has_whole_sets(std::span<TokenBucket> table) {
  return !table.empty() && table.size() % AddressLimiter::set_size == 0;
}

} // namespace

AddressLimiter::AddressLimiter(std::span<TokenBucket> table, const KeyedHash& key) : table_(table), key_(key) {
  CHECK(has_whole_sets(table));
}

std::span<TokenBucket> AddressLimiter::set_of(const IpAddress& network) const {
  return choose_set(table_, number_of(key_.begin(KeyedHash::Use::network).add(network).finish()));
}

int64_t AddressLimiter::charge(const IpAddress& address, int64_t now_ms) {
  IpAddress network = client_network(address);
  return charge_in_set(set_of(network), network, address_rate, now_ms);
}

void AddressLimiter::refund(const IpAddress& address) {
  IpAddress network = client_network(address);
  for (TokenBucket& place : set_of(network)) {
    if (place.key == network) {
      place.full_ms -= limits::guess_ms;
      return;
    }
  }
}

AccountLimiter::AccountLimiter(std::span<int64_t> accounts, std::span<TokenBucket> unknown_users)
    : accounts_(accounts), unknown_users_(unknown_users) {
  CHECK(has_whole_sets(unknown_users));
}

int64_t AccountLimiter::charge(uint32_t account, int64_t now_ms) {
  CHECK(account < accounts_.size());
  return charge_bucket(accounts_[account], account_rate, now_ms);
}

// The tag is a keyed hash already: it chooses the set, and nobody can aim at one.
int64_t AccountLimiter::charge_unknown(const NameTag& tag, int64_t now_ms) {
  return charge_in_set(choose_set(unknown_users_, number_of(tag)), tag, account_rate, now_ms);
}

void AccountLimiter::forget_accounts() {
  for (int64_t& full_ms : accounts_) full_ms = 0;
}

} // namespace minhttp::auth
