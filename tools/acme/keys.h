// SPDX-License-Identifier: MIT
#pragma once
// Private keys, and what is signed with that of the account (JWS: RFC 7515, RFC 8555 section 6.2).

#include <openssl/evp.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace minhttp::acme {

using Json = nlohmann::json;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

enum class KeyKind { ecdsa, rsa }; // P-256, 2048 bits

// Failure if OpenSSL cannot.
Key make_key(KeyKind kind);
bool is_kind(const EVP_PKEY* key, KeyKind kind);
std::string to_pem(const EVP_PKEY* key); // PKCS #8, not encrypted
Key read_key(std::string_view pem);      // null: there is none in it

std::string sha256(std::string_view bytes); // 32 bytes

// The public part of a key of P-256 as a JWK: exactly the members that RFC 7638 hashes.
Json public_jwk(const EVP_PKEY* key);

// RFC 7638, base64url. jwk: the members that it requires for this kind of key, and no others.
std::string thumbprint(const Json& jwk);

// What the file of a challenge has (RFC 8555 section 8.1).
std::string key_authorization(std::string_view token, const EVP_PKEY* account);

// ES256: r and s, 32 bytes each (RFC 7518 section 3.4).
std::string sign_es256(EVP_PKEY* key, std::string_view bytes);

// The JWS in flattened JSON. head: with nonce, url, and jwk or kid; alg is added. payload: "" for POST-as-GET.
std::string make_jws(EVP_PKEY* key, Json head, std::string_view payload);

} // namespace minhttp::acme
