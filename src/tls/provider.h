// SPDX-License-Identifier: MIT
#pragma once
// Private keys that are elsewhere, as OpenSSL sees them: a provider (provider(7)) with the kinds of keys of a server,
// whose public half is here and whose signatures come from the key process. Everything but signing is done by
// OpenSSL's own provider, with the public key.
//
// How OpenSSL gets here: SSL_CTX_use_cert_and_key() is given a key of remote_key(). In the handshake libssl calls
// EVP_DigestSignInit_ex() with it. OpenSSL's own signature needs the private numbers, which key_export() refuses, and
// so EVP takes the signature of the provider that the key is from, which is here.

#include "tls/key_channel.h"
#include "tls/wire.h"

struct evp_pkey_st; // EVP_PKEY of <openssl/evp.h>

namespace minhttp::tls {

// Loads OpenSSL's own provider and this one. Once in a program. False: out of memory.
bool load_provider();

// From now on signatures are asked for here.
void sign_through(KeyChannel& channel);

// A private key whose public half is this, to be freed with EVP_PKEY_free. Null: out of memory, or a kind of key that
// we do not sign with: only RSA, EC and Ed25519.
evp_pkey_st* remote_key(evp_pkey_st* public_half, const KeyName& name);

} // namespace minhttp::tls
