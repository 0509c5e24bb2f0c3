// SPDX-License-Identifier: MIT
#pragma once
// Limits the rate of password guesses. AddressLimiter has a token bucket for each client address (or /64
// of IPv6): limits::guesses_at_once attempts at once, then one in limits::guess_ms. AccountLimiter
// has a smaller bucket for each account. Authenticator takes a token from both, and refuses an attempt only if
// neither has one: docs/auth.md says why.

#include <array>
#include <cstdint>
#include <span>

#include "base/ip.h"
#include "crypto/keyed_hash.h"
#include "tables/limits.h"

namespace minhttp::auth {

// A token bucket as one number: the time when it will be full again. Zeroed memory is a full bucket.
struct TokenBucket {
  std::array<uint8_t, 16> key; // an address's network, or the tag of a name
  int64_t full_ms;
};

class AddressLimiter {
 public:
  static constexpr size_t set_size = 8;

  // table: zeroed; a multiple of set_size places, at least one set. key: chooses the set of an address,
  // so that nobody can fill one on purpose; it must outlive this.
  AddressLimiter(std::span<TokenBucket> table, const KeyedHash& key);

  // Takes a token for an attempt that begins. Returns 0, or by how many milliseconds it is too early; then no token was
  // taken. A new address whose set is full takes over the place, and the debt, of the address with the smallest debt:
  // so all addresses together cannot guess more often than the places of the table allow, however many they are.
  int64_t charge(const IpAddress& address, int64_t now_ms);

  // The password was right, so the attempt does not count. Gives the token back.
  void refund(const IpAddress& address);

 private:
  std::span<TokenBucket> set_of(const IpAddress& network) const;

  std::span<TokenBucket> table_;
  const KeyedHash& key_;
};

// The same for accounts: limits::account_guesses_at_once, then one in limits::account_guess_ms.
class AccountLimiter {
 public:
  // A keyed hash of the name of an unknown user, and of the password file that does not have it.
  using NameTag = std::array<uint8_t, 16>;

  // accounts: zeroed, a bucket for each account of all files. No account shares its bucket with another.
  // unknown_users: zeroed, as the table of AddressLimiter, for names that no account has, so that they are
  // refused after as many attempts as an account.
  AccountLimiter(std::span<int64_t> accounts, std::span<TokenBucket> unknown_users);

  // As AddressLimiter::charge.
  int64_t charge(uint32_t account, int64_t now_ms);
  int64_t charge_unknown(const NameTag& tag, int64_t now_ms);

  void refund(uint32_t account) { accounts_[account] -= limits::account_guess_ms; }

  // The password files were read anew.
  void forget_accounts();

 private:
  std::span<int64_t> accounts_;
  std::span<TokenBucket> unknown_users_;
};

} // namespace minhttp::auth
