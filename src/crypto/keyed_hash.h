// SPDX-License-Identifier: MIT
#pragma once
// A hash that nobody can compute, or steer, without the key: SHA-512 over a first block
// that holds nothing but the key. That block is computed once. Only a part of the digest is
// used, so the key's state cannot be carried on from it (no length extension).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/sha512.h"

namespace minhttp {

class KeyedHash {
 public:
  using Key = std::array<uint8_t, 32>;

  // What a message is about, so that hashes of one kind say nothing about another.
  enum class Use : uint8_t { credentials, user, network };

  // key: random bytes, new with every start.
  explicit KeyedHash(const Key& key) {
    constexpr std::array<uint8_t, Sha512::block_bytes - std::tuple_size_v<Key>> rest = {};
    start_.add(key).add(rest);
  }

  // A message to add to; its finish() is the hash.
  Sha512 begin(Use use) const {
    Sha512 sha = start_;
    sha.add(std::array{static_cast<uint8_t>(use)});
    return sha;
  }

 private:
  Sha512 start_;
};

// Eight bytes of a hash, to choose a place by.
inline uint64_t number_of(std::span<const uint8_t> hash) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; i++) number = number << 8 | hash[i];
  return number;
}

} // namespace minhttp
