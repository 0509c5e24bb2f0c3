// SPDX-License-Identifier: MIT
#pragma once
// The memory of credentials that were verified, so that a page's fifty requests pay for
// one hash. It holds no name and no password, only keyed hashes of both; which key, and why
// SHA-512, says docs/auth.md.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tables/limits.h"

namespace minhttp::auth {

// A keyed hash of user and password, and of what they are for.
using CredentialTag = std::array<uint8_t, 32>;

// Memory full of zeros is a free place.
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

  // Whose they are, where they were verified less than limits::verified_ms ago. Being
  // asked for does not make them last longer. Takes the same time in any case.
  std::optional<uint32_t> find(const CredentialTag& tag, int64_t now_ms) const;

  // They were verified now. The oldest of the set make room.
  void insert(const CredentialTag& tag, uint32_t account, int64_t now_ms);

  void forget_all();

 private:
  std::span<VerifiedCredential> set_of(const CredentialTag& tag) const;

  std::span<VerifiedCredential> table_;
};

} // namespace minhttp::auth
