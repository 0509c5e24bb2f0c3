// SPDX-License-Identifier: MIT
#pragma once
// A hash that nobody can compute, or steer, without the key: SHA-512 over a first block that contains only the key.
// That block is computed once. Only a part of the digest is used, so nobody can continue the hash from it (no length
// extension).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/sha512.h"

namespace minhttp {

class KeyedHash {
 public:
  using Key = std::array<uint8_t, 32>;

  // What a message is about: hashes of one kind reveal nothing about another kind.
  enum class Use : uint8_t { credentials, user, network };

  // key: random bytes, new at every start.
  explicit KeyedHash(const Key& key) {
    constexpr std::array<uint8_t, Sha512::block_bytes - std::tuple_size_v<Key>> rest = {};
    start_.add(key).add(rest);
  }

  // Begins a message. Add to it; its finish() is the hash.
  Sha512 begin(Use use) const {
    Sha512 sha = start_;
    sha.add(std::array{static_cast<uint8_t>(use)});
    return sha;
  }

 private:
  Sha512 start_;
};

// Eight bytes of a hash as a number, to choose a place by.
inline uint64_t number_of(std::span<const uint8_t> hash) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; i++) number = number << 8 | hash[i];
  return number;
}

} // namespace minhttp
