// SPDX-License-Identifier: MIT
#pragma once
// What we speak: the intermediate configuration of Mozilla's server side TLS (version 5.7), of TLS 1.2 only ECDHE with
// AEAD; or its modern one.

#include <cstdint>

struct ssl_ctx_st; // SSL_CTX

namespace minhttp::tls {

enum class ClientCertificates : uint8_t { none, optional, required };

struct Policy {
  bool modern = false; // --tls modern: TLS 1.3 only
  bool http2 = true;   // offered by ALPN
  ClientCertificates clients = ClientCertificates::none;
};

// Versions, ciphers, groups, and what is off: renegotiation, compression, early data, a cache of sessions. False: out
// of memory.
bool apply(const Policy& policy, ssl_ctx_st& context);

// The part of it that certificates must pass: the level of security.
void apply_limits(ssl_ctx_st& context);

} // namespace minhttp::tls
