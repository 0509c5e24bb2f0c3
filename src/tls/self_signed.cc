// SPDX-License-Identifier: MIT
#include "tls/self_signed.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/ip.h"

namespace minhttp::tls {
namespace {

using Text = std::string_view;

constexpr size_t names_max = 4'096; // bytes of all names, with what is between them

bool add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, kind, value);
  bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// "DNS:localhost,IP:127.0.0.1". False: it does not fit.
bool write_names(std::span<const Text> names, Writer& out) {
  for (Text name : names) {
    if (name.empty() || find(name, ',') != name.size() || out.room() < name.size() + 6) return false;
    bool address = parse_ipv4(name) || parse_ipv6(name);
    if (out.size() > 0) out.byte(',');
    out.text(address ? "IP:"sv : "DNS:"sv).text(name);
  }
  out.byte('\0');
  return true;
}

// RFC 5280 section 4.1.2.2: positive, and different for each certificate.
bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_name(X509* certificate) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>("minhttp, self-signed");
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, const char* names, int64_t now_s) {
  constexpr int64_t day_s = 86'400;
  constexpr int days = static_cast<int>(limits::tls_self_signed_s / day_s);
  time_t now = now_s;
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) && set_name(certificate) &&
         X509_time_adj_ex(X509_getm_notBefore(certificate), -1, 0, &now) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), days - 1, 0, &now) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 && add_extension(certificate, NID_subject_alt_name, names) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") && X509_sign(certificate, key, EVP_sha256()) > 0;
}

} // namespace

bool make_self_signed(std::span<const Text> names, int64_t now_s, Pair& pair) {
  char text[names_max];
  Writer out(text);
  if (!write_names(names, out)) return false;
  Pair made;
  made.kind = KeyKind::ecdsa;
  made.key = EVP_EC_gen("P-256");
  made.leaf = X509_new();
  if (made.key == nullptr || made.leaf == nullptr || !fill(made.leaf, made.key, text, now_s)) return false;
  made.begins_s = unix_time(X509_get0_notBefore(made.leaf), now_s);
  made.ends_s = unix_time(X509_get0_notAfter(made.leaf), now_s);
  pair.swap(made);
  return true;
}

} // namespace minhttp::tls
