// SPDX-License-Identifier: MIT
#pragma once
// A cache of verified credentials, so that the fifty requests of a page cost one hash. It holds no name and no
// password, only keyed hashes of both. docs/auth.md says which key, and why SHA-512.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tables/limits.h"

namespace minhttp::auth {

// A keyed hash of user and password, and of what they are for.
using CredentialTag = std::array<uint8_t, 32>;

// Zeroed memory is a free place.
struct VerifiedCredential {
  CredentialTag tag;
  int64_t until_ms;
  uint32_t account;
};

class CredentialCache {
 public:
  static constexpr size_t set_size = 8;

  // table: zeroed; a multiple of set_size places, at least one set.
  explicit CredentialCache(std::span<VerifiedCredential> table);

  // The account, if the credentials were verified less than limits::verified_ms ago. A look-up does not extend that.
  // Takes the same time in all cases.
  std::optional<uint32_t> find(const CredentialTag& tag, int64_t now_ms) const;

  // They were verified now. The oldest entry of the set makes room.
  void insert(const CredentialTag& tag, uint32_t account, int64_t now_ms);

  void forget_all();

 private:
  std::span<VerifiedCredential> set_of(const CredentialTag& tag) const;

  std::span<VerifiedCredential> table_;
};

} // namespace minhttp::auth
