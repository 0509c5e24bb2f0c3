// SPDX-License-Identifier: MIT
#pragma once
// What the key process shows to all others, in memory that only it writes: the public certificates, the certificates
// that clients' ones are verified with, and the keys of tickets. Nothing in it is a private key.
//
// Each part has a version, which is odd while the part is being written (a seqlock): who reads copies the part, and
// throws the copy away if the version was odd, or is another one afterwards.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/shared_word.h"
#include "tables/limits.h"

namespace minhttp::tls {

enum class KeyKind : uint32_t { rsa, ecdsa, ed25519 };
constexpr size_t key_kinds = 3;

// One part, with its version. T is plain bytes.
template <typename T>
class Shown {
 public:
  // In the key process.
  void begin() {
    version_.store(version_.load() + 1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
  }
  void end() {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    version_.store(version_.load() + 1);
  }
  T& writable() { return value_; }

  // While nobody writes: at the start, and in the key process.
  const T& shown() const { return value_; }

  // In all processes: calls copy(value), which copies what it needs. False: it was being written; try again.
  template <typename Copy>
  bool read(Copy copy) const {
    uint32_t before = version_.load();
    if ((before & 1) != 0) return false;
    copy(value_);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return version_.load() == before;
  }

 private:
  SharedWord version_;
  T value_;
};

// Certificates one behind another, each as four bytes with its size (in the machine's order) and its DER.
template <size_t most>
struct Chain {
  uint32_t bytes; // 0: there is none
  uint8_t der[most];
};

struct ShownCertificate {
  uint32_t generation; // of the pair; 0: it was never good
  KeyKind kind;
  int64_t ends_s; // Unix time
  uint8_t fingerprint[32];
  Chain<limits::tls_chain_max> chain; // the server's own first
};

// A key of tickets: RFC 5077 section 4. made_s: Unix time; 0: there is none.
struct TicketKey {
  int64_t made_s;
  uint8_t name[16];
  uint8_t cipher[32]; // AES-256
  uint8_t mac[32];    // HMAC-SHA-256
};

struct TicketKeys {
  TicketKey now;    // seals, and opens
  TicketKey before; // opens
};

struct ClientAuthority {
  uint32_t generation;
  uint8_t fingerprint[32]; // of all of them together
  Chain<limits::tls_client_ca_max> chain;
};

struct Bulletin {
  SharedWord generation; // rises when one of the parts has changed; 0: the key process is not ready yet
  SharedLong ends_s;     // Unix time: when the first certificate ends
  uint32_t count;        // of certificates; constant after the start
  Shown<TicketKeys> tickets;
  Shown<ClientAuthority> authority;
  Shown<ShownCertificate> certificates[limits::tls_certificates];
};

// Goes through a Chain. False: there are no more, or the rest is no certificate.
inline bool next_certificate(std::span<const uint8_t>& rest, std::span<const uint8_t>& der) {
  uint32_t size = 0;
  if (rest.size() < sizeof size) return false;
  __builtin_memcpy(&size, rest.data(), sizeof size);
  if (size > rest.size() - sizeof size) return false;
  der = {rest.data() + sizeof size, size};
  rest = {rest.data() + sizeof size + size, rest.size() - sizeof size - size};
  return true;
}

} // namespace minhttp::tls
