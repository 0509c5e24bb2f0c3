// SPDX-License-Identifier: MIT
#pragma once
// Password hashes of the form "$6$salt$hash": SHA-512 as crypt(3) uses it, after Ulrich Drepper's "Unix crypt using
// SHA-256 and SHA-512" of 2007. Checking one takes milliseconds on purpose, so it is done in slices.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/sha512.h"
#include "tables/limits.h"

namespace minhttp {

struct CryptHash {
  uint32_t rounds = 5000;
  uint8_t salt_size = 0;
  std::array<char, 16> salt = {};
  Sha512::Digest digest = {};
};

// What may be wrong with the text of a hash.
enum class CryptMistake : uint8_t {
  none,
  kind,   // it does not begin with $6$
  rounds, // not 1000 to 999999999, or with leading zeros: no tool writes that
  salt,   // longer than 16 bytes, not ended by '$', or not made of printable ASCII without ':'
  hash    // not 86 digits of crypt's own base 64, or something behind them
};

// hash is filled in if the result is none.
CryptMistake parse_crypt(std::string_view text, CryptHash& hash);

class CryptCheck {
 public:
  // password: at most limits::password_max bytes. Neither argument is needed afterwards. With the longest password this
  // costs about 600 blocks of SHA-512.
  void start(std::string_view password, const CryptHash& hash);

  // Computes this many rounds, or all that are left if these are fewer. True: done.
  bool advance(uint32_t rounds);

  bool done() const { return round_ == rounds_; }

  // Whether the password was right. Call it only if done(). It compares all bytes in any case.
  bool matches() const;

  // The most blocks of SHA-512 that one round takes: its cost.
  uint32_t blocks_a_round() const;

  // Leaves nothing of the password in memory.
  void wipe();

 private:
  uint32_t round_ = 0;
  uint32_t rounds_ = 0;
  uint32_t password_size_ = 0;
  uint32_t salt_size_ = 0;
  Sha512::Digest wanted_ = {};
  Sha512::Digest digest_ = {};                              // A, and C of the last round
  std::array<uint8_t, limits::password_max> password_ = {}; // the byte sequence P
  std::array<uint8_t, 16> salt_ = {};                       // the byte sequence S
};

} // namespace minhttp
