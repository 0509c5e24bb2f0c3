// SPDX-License-Identifier: MIT
#include "tls/policy.h"

#include <openssl/ssl.h>

#include "tables/limits.h"

namespace minhttp::tls {
namespace {

// 112 bits: RSA from 2048 bits on, no SHA-1 in signatures (SSL_CTX_set_security_level(3)).
constexpr int security_level = 2;

constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* ciphers_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// OpenSSL from 3.5 on has the first, hybrid one.
constexpr const char* groups_hybrid = "X25519MLKEM768:X25519:P-256:P-384";
constexpr const char* groups = "X25519:P-256:P-384";

constexpr const char* signatures =
    "ed25519:ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
    "rsa_pss_rsae_sha512:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

} // namespace

void apply_limits(SSL_CTX& context) { SSL_CTX_set_security_level(&context, security_level); }

// The order of ciphers is ours, the cheapest first; but a client that begins its list with ChaCha20 has no AES in its
// processor, and gets what it wants.
bool apply(const Policy& policy, SSL_CTX& context) {
  SSL_CTX* c = &context;
  apply_limits(context);
  bool set = SSL_CTX_set_min_proto_version(c, policy.modern ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
             SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1 && SSL_CTX_set_cipher_list(c, ciphers) == 1 &&
             SSL_CTX_set_ciphersuites(c, ciphers_1_3) == 1 && SSL_CTX_set1_sigalgs_list(c, signatures) == 1 &&
             (SSL_CTX_set1_groups_list(c, groups_hybrid) == 1 || SSL_CTX_set1_groups_list(c, groups) == 1);
  SSL_CTX_set_options(
      c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(c, 0);
  SSL_CTX_set_recv_max_early_data(c, 0);
  SSL_CTX_set_max_cert_list(c, static_cast<long>(limits::tls_client_chain_max));
  SSL_CTX_set_verify_depth(c, limits::tls_client_depth_max);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_ASYNC);
  return set;
}

} // namespace minhttp::tls
