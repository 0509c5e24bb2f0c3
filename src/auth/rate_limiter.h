// SPDX-License-Identifier: MIT
#pragma once
// Slows down who guesses passwords. AddressLimiter has a token bucket for each client address (or /64
// of IPv6): limits::guesses_at_once attempts at once and then one in limits::guess_ms. AccountLimiter
// has a smaller one for each account. Authenticator takes a token from both, and refuses an attempt only where
// neither has one: docs/auth.md says why.

#include <array>
#include <cstdint>
#include <span>

#include "base/ip.h"
#include "crypto/keyed_hash.h"
#include "tables/limits.h"

namespace minhttp::auth {

// A token bucket as one number: when it will be full again. Memory full of zeros is a full one.
struct TokenBucket {
  std::array<uint8_t, 16> key; // an address's network, or the tag of a name
  int64_t full_ms;
};

class AddressLimiter {
 public:
  static constexpr size_t set_size = 8;

  // table: zeroed; a multiple of set_size places, at least one set. key: chooses the sets,
  // so that nobody can fill one on purpose; lives as long.
  AddressLimiter(std::span<TokenBucket> table, const KeyedHash& key);

  // Takes a token for an attempt that begins; 0, or how many milliseconds too early it is,
  // and then nothing was taken. Where an address is new and its set is full, it takes over
  // the place and the debt of the address that is nearest to having none: all addresses
  // together cannot guess more than the table's places could, however many they are.
  int64_t charge(const IpAddress& address, int64_t now_ms);

  // The attempt was none: the password was right. Gives the token back.
  void refund(const IpAddress& address);

 private:
  std::span<TokenBucket> set_of(const IpAddress& network) const;

  std::span<TokenBucket> table_;
  const KeyedHash& key_;
};

// The same for accounts: limits::account_guesses_at_once, and one in limits::account_guess_ms.
class AccountLimiter {
 public:
  // A keyed hash of a user's name, and of the password file in which it is not.
  using NameTag = std::array<uint8_t, 16>;

  // accounts: zeroed, one bucket for each account of all files. No account shares its bucket with
  // another. unknown_users: zeroed, as the table of AddressLimiter, for names that are no account's, so that
  // they are refused after as many attempts as an account.
  AccountLimiter(std::span<int64_t> accounts, std::span<TokenBucket> unknown_users);

  // As AddressLimiter::charge.
  int64_t charge(uint32_t account, int64_t now_ms);
  int64_t charge_unknown(const NameTag& tag, int64_t now_ms);

  void refund(uint32_t account) { accounts_[account] -= limits::account_guess_ms; }

  // The accounts are others now.
  void forget_accounts();

 private:
  std::span<int64_t> accounts_;
  std::span<TokenBucket> unknown_users_;
};

} // namespace minhttp::auth
