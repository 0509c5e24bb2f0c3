#pragma once
// Slows down who guesses passwords: each client address, or each /64 of IPv6, which is one
// customer's, may fail limits::guesses_at_once times at once and then once in
// limits::guess_ms. The table is small and never grows; see charge().

#include <cstdint>
#include <span>

#include "base/ip.h"
#include "base/keyed_hash.h"
#include "tables/limits.h"

namespace minhttp::serve {

// A token bucket as one number: when it will be full again. Memory full of zeros is a full one.
struct Guesser {
  IpAddress network;
  int64_t full_ms;
};

class Guesses {
 public:
  static constexpr size_t set_size = 8;

  // table: zeroed; a multiple of set_size places, at least one set. key: chooses the sets,
  // so that nobody can fill one on purpose; lives as long.
  Guesses(std::span<Guesser> table, const KeyedHash& key);

  // Takes a token for an attempt that begins; 0, or how many milliseconds too early it is,
  // and then nothing was taken. Where an address is new and its set is full, it takes over
  // the place and the debt of the address that is nearest to having none: all addresses
  // together cannot guess more than the table's places could, however many they are.
  int64_t charge(const IpAddress& address, int64_t now_ms);

  // The attempt was none: the password was right. Gives the token back.
  void refund(const IpAddress& address);

 private:
  std::span<Guesser> set_of(const IpAddress& network) const;

  std::span<Guesser> table_;
  const KeyedHash& key_;
};

} // namespace minhttp::serve
