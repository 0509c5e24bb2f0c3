// SPDX-License-Identifier: MIT
#pragma once
// Certificates and private keys from their files, and the checks that both must pass. In the key process only, but for
// read_names().

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tls/bulletin.h"

struct evp_pkey_st;           // EVP_PKEY
struct x509_st;               // X509
struct stack_st_X509;         // STACK_OF(X509)
struct stack_st_GENERAL_NAME; // GENERAL_NAMES
struct asn1_string_st;        // ASN1_TIME

namespace minhttp::tls {

// What does not serve, in words that continue "certificate FILE ".
struct Problem {
  std::string_view file = {};   // the one that it is about
  std::string_view text = {};   // empty: there is no problem
  std::string_view detail = {}; // of the kernel, or empty

  bool none() const { return text.empty(); }
  bool operator==(const Problem& other) const;
};

// A certificate with its chain and its key. Frees them.
class Pair {
 public:
  Pair() = default;
  Pair(Pair&& other) noexcept { swap(other); }
  Pair& operator=(Pair&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Pair();

  bool is_empty() const { return leaf == nullptr; }
  void swap(Pair& other);

  x509_st* leaf = nullptr;
  stack_st_X509* chain = nullptr; // those above it, as they stand in the file
  evp_pkey_st* key = nullptr;
  KeyKind kind = KeyKind::ecdsa;
  int64_t begins_s = 0; // Unix time
  int64_t ends_s = 0;
};

// Reads both files, PEM; they may be one and the same. names: end with a NUL. scratch: limits::tls_file_max bytes,
// which are wiped. On a problem the pair is empty.
Problem read_pair(const char* certificate, const char* key, std::span<char> scratch, Pair& pair);

// What OpenSSL refuses in a handshake, and dates, in Unix time. A pair that has passed this works.
Problem check_pair(const Pair& pair, const char* certificate, const char* key);
Problem check_dates(const Pair& pair, const char* certificate, int64_t now_s);

// The names of its extension subjectAltName, to be freed; null: it has none. False: they are broken, or, of a
// certificate that has passed check_pair(), there is no memory.
bool read_names(const x509_st* certificate, stack_st_GENERAL_NAME*& names);

// Fills in all but the generation. False: the chain is longer than limits::tls_chain_max.
bool show(const Pair& pair, ShownCertificate& to);

// Reads all certificates of the file of --client-ca.
Problem read_authority(const char* name, std::span<char> scratch, ClientAuthority& to);

// Seconds from 1970 on; OpenSSL's clock is asked for the difference to now_s.
int64_t unix_time(const asn1_string_st* time, int64_t now_s);

} // namespace minhttp::tls
