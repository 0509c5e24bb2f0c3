// SPDX-License-Identifier: MIT
#include "tls/certificates.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/errno_text.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/time.h"
#include "tls/policy.h"

namespace minhttp::tls {
namespace {

using Text = std::string_view;

// The file's bytes, at most scratch.size() - 1.
Problem read_file(const char* name, std::span<char> scratch, Text& text) {
  auto opened = sys::openat(AT_FDCWD, name, O_NONBLOCK);
  if (!opened.ok()) return {name, "cannot be opened"sv, describe(opened.error())};
  sys::Fd fd(opened.value());
  size_t used = 0;
  while (true) {
    auto got = sys::read(fd.number(), scratch.data() + used, scratch.size() - used);
    if (!got.ok()) return {name, "cannot be read"sv, describe(got.error())};
    if (got.value() == 0) break;
    used += got.value();
    if (used == scratch.size()) return {name, "is too large"sv, {}};
  }
  text = {scratch.data(), used};
  return {};
}

// No passphrase is ever known: nobody is there to type it.
int no_passphrase(char*, int, int, void*) { return -1; }

// A certificate of a file, or null. ended: there is none left, rather than a broken one.
X509* next(BIO* file, bool& ended) {
  ERR_clear_error();
  X509* certificate = PEM_read_bio_X509(file, nullptr, no_passphrase, nullptr);
  unsigned long why = ERR_peek_last_error();
  ended = certificate == nullptr && ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return certificate;
}

Problem read_chain(const char* name, Text text, Pair& pair) {
  BIO* file = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  pair.chain = sk_X509_new_null();
  if (file == nullptr || pair.chain == nullptr) {
    BIO_free(file);
    return {name, "finds no memory"sv, {}};
  }
  bool ended = false;
  pair.leaf = next(file, ended);
  bool whole = pair.leaf != nullptr;
  while (whole && !ended) {
    X509* above = next(file, ended);
    if (above == nullptr) {
      whole = ended;
    } else if (sk_X509_push(pair.chain, above) == 0) {
      X509_free(above);
      whole = false;
    }
  }
  BIO_free(file);
  if (whole) return {};
  return {name,
          ended ? "has no certificate (PEM: -----BEGIN CERTIFICATE-----)"sv : "is broken, or only half written"sv,
          {}};
}

Problem read_key(const char* name, Text text, Pair& pair) {
  BIO* file = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  if (file == nullptr) return {name, "finds no memory"sv, {}};
  ERR_clear_error();
  pair.key = PEM_read_bio_PrivateKey(file, nullptr, no_passphrase, nullptr);
  BIO_free(file);
  if (pair.key != nullptr) return {};
  bool encrypted = false;
  while (unsigned long why = ERR_get_error()) {
    encrypted |= ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_BAD_PASSWORD_READ;
  }
  if (encrypted) return {name, "is encrypted, and there is nobody to ask for its passphrase"sv, {}};
  return {name, "has no private key (PEM), or is broken, or only half written"sv, {}};
}

Problem check_kind(Pair& pair, const char* name) {
  int bits = EVP_PKEY_get_bits(pair.key);
  switch (EVP_PKEY_get_base_id(pair.key)) {
    case EVP_PKEY_RSA:
      pair.kind = KeyKind::rsa;
      if (bits < limits::tls_rsa_bits_least) return {name, "is an RSA key of less than 2048 bits"sv, {}};
      if (bits > limits::tls_rsa_bits_max) return {name, "is an RSA key of more than 8192 bits"sv, {}};
      return {};
    case EVP_PKEY_EC: {
      pair.kind = KeyKind::ecdsa;
      char group[32] = {};
      size_t size = 0;
      (void)EVP_PKEY_get_group_name(pair.key, group, sizeof group, &size);
      Text curve = {group, size < sizeof group ? size : 0};
      if (equal(curve, "prime256v1"sv) || equal(curve, "P-256"sv) || equal(curve, "secp384r1"sv) ||
          equal(curve, "P-384"sv)) {
        return {};
      }
      return {name, "is an ECDSA key of another curve than P-256 and P-384"sv, {}};
    }
    case EVP_PKEY_ED25519: pair.kind = KeyKind::ed25519; return {};
    default: return {name, "is a key of a kind that no browser takes; RSA, ECDSA and Ed25519 are"sv, {}};
  }
}

bool add_der(X509* certificate, std::span<uint8_t> room, uint32_t& used) {
  int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return false;
  auto bytes = static_cast<uint32_t>(size);
  if (room.size() - used < sizeof bytes + bytes) return false;
  __builtin_memcpy(room.data() + used, &bytes, sizeof bytes);
  unsigned char* to = room.data() + used + sizeof bytes;
  (void)i2d_X509(certificate, &to);
  used += static_cast<uint32_t>(sizeof bytes) + bytes;
  return true;
}

} // namespace

bool Problem::operator==(const Problem& other) const {
  return equal(file, other.file) && equal(text, other.text) && equal(detail, other.detail);
}

Pair::~Pair() {
  X509_free(leaf);
  sk_X509_pop_free(chain, X509_free);
  EVP_PKEY_free(key); // wipes it
}

void Pair::swap(Pair& other) {
  std::swap(leaf, other.leaf);
  std::swap(chain, other.chain);
  std::swap(key, other.key);
  std::swap(kind, other.kind);
  std::swap(begins_s, other.begins_s);
  std::swap(ends_s, other.ends_s);
}

int64_t unix_time(const ASN1_TIME* time, int64_t now_s) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, time) == 0) return 0;
  return now_s + int64_t{days} * 86'400 + seconds;
}

Problem read_pair(const char* certificate, const char* key, std::span<char> scratch, Pair& pair) {
  Pair read;
  Text text;
  Problem problem = read_file(certificate, scratch, text);
  if (problem.none()) problem = read_chain(certificate, text, read);
  if (problem.none()) problem = read_file(key, scratch, text);
  if (problem.none()) problem = read_key(key, text, read);
  OPENSSL_cleanse(scratch.data(), scratch.size());
  if (problem.none()) problem = check_kind(read, key);
  if (!problem.none()) return problem;
  int64_t now_s = sys::clock_ns(sys::abi::clock_realtime) / 1'000'000'000;
  read.begins_s = unix_time(X509_get0_notBefore(read.leaf), now_s);
  read.ends_s = unix_time(X509_get0_notAfter(read.leaf), now_s);
  pair.swap(read);
  return {};
}

// Exactly what a worker will do with the pair, but with the key itself.
Problem check_pair(const Pair& pair, const char* certificate, const char* key) {
  ERR_clear_error();
  if (X509_check_private_key(pair.leaf, pair.key) != 1) {
    ERR_clear_error();
    return {key, "does not belong to the certificate"sv, {}};
  }
  GENERAL_NAMES* names = nullptr;
  bool readable = read_names(pair.leaf, names);
  GENERAL_NAMES_free(names);
  if (!readable) return {certificate, "has broken names (subjectAltName)"sv, {}};
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context != nullptr) apply_limits(*context);
  bool usable = context != nullptr && SSL_CTX_use_cert_and_key(context, pair.leaf, pair.key, pair.chain, 1) == 1;
  SSL_CTX_free(context);
  int reason = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  if (usable) return {};
  if (reason == SSL_R_CA_MD_TOO_WEAK || reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_CA_KEY_TOO_SMALL) {
    return {certificate, "is too weak: its key, or the digest of a signature (SHA-1)"sv, {}};
  }
  return {certificate, "is refused by OpenSSL"sv, {}};
}

bool read_names(const X509* certificate, GENERAL_NAMES*& names) {
  int found = 0;
  names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr));
  constexpr int absent = -1;
  ERR_clear_error();
  return names != nullptr || found == absent;
}

Problem check_dates(const Pair& pair, const char* certificate, int64_t now_s) {
  if (pair.ends_s <= now_s) return {certificate, "has expired"sv, {}};
  if (pair.begins_s > now_s) return {certificate, "is not valid yet (is the clock right?)"sv, {}};
  return {};
}

bool show(const Pair& pair, ShownCertificate& to) {
  to.kind = pair.kind;
  to.ends_s = pair.ends_s;
  unsigned size = sizeof to.fingerprint;
  if (X509_digest(pair.leaf, EVP_sha256(), to.fingerprint, &size) != 1) return false;
  to.chain.bytes = 0;
  if (!add_der(pair.leaf, to.chain.der, to.chain.bytes)) return false;
  for (int i = 0; i < sk_X509_num(pair.chain); i++) {
    if (!add_der(sk_X509_value(pair.chain, i), to.chain.der, to.chain.bytes)) return false;
  }
  return true;
}

Problem read_authority(const char* name, std::span<char> scratch, ClientAuthority& to) {
  Text text;
  Pair read; // only its certificates
  Problem problem = read_file(name, scratch, text);
  if (problem.none()) problem = read_chain(name, text, read);
  if (!problem.none()) return problem;
  to.chain.bytes = 0;
  bool fits = add_der(read.leaf, to.chain.der, to.chain.bytes);
  for (int i = 0; fits && i < sk_X509_num(read.chain); i++) {
    fits = add_der(sk_X509_value(read.chain, i), to.chain.der, to.chain.bytes);
  }
  unsigned size = sizeof to.fingerprint;
  bool hashed = EVP_Digest(to.chain.der, to.chain.bytes, to.fingerprint, &size, EVP_sha256(), nullptr) == 1;
  if (!fits || !hashed) return {name, "is too large"sv, {}};
  return {};
}

} // namespace minhttp::tls
