// SPDX-License-Identifier: MIT
#pragma once
// Decides about the credentials of a request, at once or after a check that takes milliseconds and is computed in
// slices, between other work. Makes no system call: the caller passes the time and the addresses, and sends the
// responses.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "auth/basic.h"
#include "auth/credential_cache.h"
#include "auth/passwords.h"
#include "auth/rate_limiter.h"
#include "auth/verifier.h"
#include "base/ip.h"
#include "crypto/keyed_hash.h"
#include "tables/limits.h"

namespace minhttp::auth {

// All of it is zeroed.
struct AuthenticatorMemory {
  std::span<VerifiedCredential> remembered; // limits::verified_max
  std::span<TokenBucket> guessers;          // limits::guessers_max
  std::span<Verification> under_way;        // limits::verifications_max
  std::span<Waiter> waiters;                // one a connection
  std::span<int64_t> accounts;              // limits::users_max for each password file
  std::span<TokenBucket> unknown_users;     // limits::unknown_users_max
};

struct Decision {
  enum class Kind : uint8_t {
    granted,   // to account
    missing,   // no Authorization: 401
    malformed, // one that nobody can have: 401
    wrong,     // a user or a password that is not right: 401
    later,     // a check is under way: finished() will name the slot
    again,     // the passwords were changed meanwhile: ask once more
    too_often, // this address has guessed too often, and at this account: 429, Retry-After
    busy       // too many checks are under way: 503, Retry-After
  };
  Kind kind = Kind::missing;
  uint32_t account = 0; // Passwords::name
  uint32_t retry_s = 0; // for Retry-After
};

class Authenticator {
 public:
  // key: random bytes, new with every start.
  Authenticator(const KeyedHash::Key& key, const AuthenticatorMemory& memory)
      : key_(key),
        remembered_(memory.remembered),
        guesses_(memory.guessers, key_),
        account_guesses_(memory.accounts, memory.unknown_users),
        verifier_(memory.under_way, memory.waiters) {}
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // slot: who asks; it does not wait for a check yet. scope: the number of the password file, from 0.
  // authorization: the value of the field; empty where there is none.
  Decision ask(uint32_t slot, const IpAddress& peer, const auth::Passwords& passwords, uint32_t scope,
               std::string_view authorization, int64_t now_ms);

  // Whether there is a slice to compute; then the loop must not sleep.
  bool busy() const { return verifier_.busy(); }

  // Computes one slice, limits::verification_blocks of SHA-512. Call finished() until it has
  // nothing more before the next one.
  void step(int64_t now_ms);

  struct Finished {
    uint32_t slot;
    Decision decision; // granted, wrong or again
  };
  std::optional<Finished> finished();

  // The slot's connection was closed, whether or not it waits.
  void leave(uint32_t slot) { verifier_.leave(slot); }
  bool waits(uint32_t slot) const { return verifier_.waits(slot); }
  bool waits_alone(uint32_t slot) const { return verifier_.waits_alone(slot); }

  // The password files were reloaded: verified credentials are forgotten, those who wait are told to ask again, and
  // the accounts' limits start afresh. The addresses' limits go on.
  void forget_all();

 private:
  CredentialTag tag_of(uint32_t scope, std::string_view user, std::string_view password) const;
  Decision begin_check(uint32_t slot, const IpAddress& peer, const auth::Passwords& passwords, uint32_t scope,
                       const auth::Credentials& given, const CredentialTag& tag, int64_t now_ms);

  KeyedHash key_;
  CredentialCache remembered_;
  AddressLimiter guesses_;
  AccountLimiter account_guesses_;
  Verifier verifier_;
};

} // namespace minhttp::auth
