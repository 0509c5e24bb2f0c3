// SPDX-License-Identifier: MIT
#include "acme/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "acme/encoding.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

constexpr size_t coordinate_bytes = 32; // of P-256, and of r and s
constexpr int rsa_bits = 2'048;

[[noreturn]] void fail(const char* what) {
  ERR_clear_error();
  throw Failure(std::string("OpenSSL cannot ") + what);
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string big_endian(const BIGNUM* number) {
  std::string bytes(coordinate_bytes, '\0');
  auto* to = reinterpret_cast<unsigned char*>(bytes.data());
  if (BN_bn2binpad(number, to, coordinate_bytes) != static_cast<int>(coordinate_bytes)) fail("write a number");
  return bytes;
}

std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) fail("read the public key of the account");
  std::unique_ptr<BIGNUM, decltype(&BN_free)> owner(number, BN_free);
  return big_endian(number);
}

} // namespace

Key make_key(KeyKind kind) {
  Key key(kind == KeyKind::rsa ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256"));
  if (!key) fail("make a key");
  return key;
}

bool is_kind(const EVP_PKEY* key, KeyKind kind) {
  if (kind == KeyKind::rsa) return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= rsa_bits;
  char group[32];
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == SN_X9_62_prime256v1;
}

std::string to_pem(const EVP_PKEY* key) {
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_secmem()), BIO_free);
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    fail("write a key");
  }
  char* text = nullptr;
  long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

Key read_key(std::string_view pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  // Without this function OpenSSL would ask the terminal for a password.
  auto no_password = [](char*, int, int, void*) { return -1; };
  Key key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : nullptr);
  ERR_clear_error();
  return key;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  size_t size = 0;
  auto* to = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), to, &size) != 1) fail("make a digest");
  return digest;
}

Json public_jwk(const EVP_PKEY* key) {
  return {{"crv", "P-256"},
          {"kty", "EC"},
          {"x", base64url(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X))},
          {"y", base64url(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y))}};
}

// The library sorts members by their names and writes no white space, as RFC 7638 section 3.3 wants it.
std::string thumbprint(const Json& jwk) { return base64url(sha256(jwk.dump())); }

std::string key_authorization(std::string_view token, const EVP_PKEY* account) {
  return std::string(token) + "." + thumbprint(public_jwk(account));
}

std::string sign_es256(EVP_PKEY* key, std::string_view bytes) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string der(static_cast<size_t>(EVP_PKEY_get_size(key)), '\0');
  size_t size = der.size();
  if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes_of(bytes),
                     bytes.size()) != 1) {
    fail("sign with the key of the account");
  }
  const unsigned char* at = bytes_of(der);
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> made(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)),
                                                             ECDSA_SIG_free);
  if (!made) fail("sign with the key of the account");
  return big_endian(ECDSA_SIG_get0_r(made.get())) + big_endian(ECDSA_SIG_get0_s(made.get()));
}

std::string make_jws(EVP_PKEY* key, Json head, std::string_view payload) {
  head["alg"] = "ES256";
  std::string protected_head = base64url(head.dump());
  std::string body = base64url(payload);
  std::string signature = base64url(sign_es256(key, protected_head + "." + body));
  return Json{{"protected", protected_head}, {"payload", body}, {"signature", signature}}.dump();
}

} // namespace minhttp::acme
