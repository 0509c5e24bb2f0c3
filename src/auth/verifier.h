// SPDX-License-Identifier: MIT
#pragma once
// The password checks under way: a few at a time, each one slice in its turn, so that no check delays the other
// connections, and no long check a short one. Requests with the same credentials, such as the first ones of a page,
// wait for one check together.

#include <cstdint>
#include <optional>
#include <span>

#include "auth/credential_cache.h"
#include "base/ip.h"
#include "base/list.h"
#include "crypto/sha512_crypt.h"

namespace minhttp::auth {

// From which buckets (rate_limiter.h) a token was taken, so that a right password gives it back.
struct Charged {
  uint32_t account = 0; // its bucket's number
  bool from_address = false;
  bool from_account = false;
};

// Zeroed memory is a free place.
struct Verification {
  CryptCheck check;
  CredentialTag tag;
  IpAddress peer; // that began it
  Charged charged;
  uint32_t account;
  bool known; // there is such a user; if not, hash is another account's, and no password is right
  bool stale; // the passwords are others now
  bool used;
  List waiters; // slots, in the order in which they came
};

// One for each connection's slot. Zeroed memory: it does not wait.
struct Waiter {
  uint32_t place;
  Links links;
  bool waits;
};

class Verifier {
 public:
  // Both zeroed.
  Verifier(std::span<Verification> places, std::span<Waiter> waiters) : places_(places), waiters_(waiters) {}

  // Has the slot wait for a check of the same credentials. False: there is none under way.
  bool join(uint32_t slot, const CredentialTag& tag);

  bool full() const { return used_ == places_.size(); }

  // How many checks are under way that only the account's bucket allowed.
  uint32_t by_account() const;

  struct Question {
    const CredentialTag& tag;
    const IpAddress& peer;
    std::string_view password;
    const CryptHash& hash;
    uint32_t account;
    bool known;
    Charged charged = {};
  };
  // Begins a check that the slot waits for. Must not be full().
  void begin(uint32_t slot, const Question& question);

  // The slot's connection was closed. A check that nobody waits for any more ends.
  void leave(uint32_t slot);

  // The password files were reloaded: all checks under way end at once, as stale.
  void forget_all();

  bool waits(uint32_t slot) const { return waiters_[slot].waits; }

  // Whether the slot waits, and nobody else for the same check: without it, the check ends.
  bool waits_alone(uint32_t slot) const;

  bool busy() const { return used_ > 0; }

  // Computes one slice of one check. Returns the check if it is done with that. Not while take()
  // still returns somebody.
  const Verification* step();

  struct Answer {
    uint32_t slot;
    bool right;
    bool stale;       // neither right nor wrong: the passwords are others now
    uint32_t account; // where it is right
  };
  // Those who waited for the check that is done, one after the other.
  std::optional<Answer> take();

 private:
  static constexpr uint32_t none = Pool::none;

  void wait(uint32_t slot, uint32_t place);
  void unlink(uint32_t slot);
  void end(uint32_t place);

  std::span<Verification> places_;
  std::span<Waiter> waiters_;
  uint32_t used_ = 0;
  uint32_t turn_ = 0;    // where the last slice was
  uint32_t done_ = none; // the place whose waiters take() has not named yet
};

// Whether the password was right, of a check that is done. Reads all of the hash in any case.
inline bool is_right(const Verification& verification) {
  if (verification.stale) return false;
  return static_cast<bool>(static_cast<unsigned>(verification.check.matches()) &
                           static_cast<unsigned>(verification.known));
}

} // namespace minhttp::auth
