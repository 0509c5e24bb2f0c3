// SPDX-License-Identifier: MIT
#include "tls/tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

namespace minhttp::tls {
namespace {

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3)
constexpr int no_ticket = 0; // none is made; or none is opened, and a full handshake follows
constexpr int good = 1;
constexpr int good_and_old = 2; // a new one is made
constexpr int tries = 8;        // to read keys that are being replaced

bool set_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
  char digest[] = "SHA256";
  auto* bytes = const_cast<uint8_t*>(key.mac); // NOLINT: it is copied
  OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, sizeof key.mac),
                         OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

} // namespace

bool Tickets::prepare(const Bulletin& bulletin) {
  bulletin_ = &bulletin;
  if (cipher_ == nullptr) cipher_ = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher_ != nullptr;
}

bool Tickets::serve(SSL_CTX* context) {
  SSL_CTX_set_timeout(context, limits::tls_ticket_s);
  return SSL_CTX_set_app_data(context, this) == 1 && SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1;
}

int Tickets::on_ticket(SSL* connection, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int seals) {
  const auto* self = static_cast<const Tickets*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  return seals != 0 ? self->seal(name, vector, cipher, mac) : self->open(name, vector, cipher, mac);
}

bool Tickets::read_keys(TicketKeys& keys) const {
  for (int i = 0; i < tries; i++) {
    if (bulletin_->tickets.read([&](const TicketKeys& shown) { keys = shown; })) return keys.now.made_s != 0;
  }
  return false;
}

int Tickets::seal(unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const {
  TicketKeys keys;
  bool sealed = read_keys(keys) && RAND_bytes(vector, EVP_CIPHER_get_iv_length(cipher_)) == 1 &&
                EVP_EncryptInit_ex2(cipher, cipher_, keys.now.cipher, vector, nullptr) == 1 && set_mac(mac, keys.now);
  __builtin_memcpy(name, keys.now.name, sizeof keys.now.name);
  OPENSSL_cleanse(&keys, sizeof keys);
  return sealed ? good : no_ticket;
}

int Tickets::open(const unsigned char* name, const unsigned char* vector, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac) const {
  TicketKeys keys;
  if (!read_keys(keys)) return no_ticket;
  const TicketKey* key = nullptr;
  for (const TicketKey* one : {&keys.now, &keys.before}) {
    bool same = one->made_s != 0 && __builtin_memcmp(one->name, name, sizeof one->name) == 0; // the name is public
    if (same) key = one;
  }
  bool opened =
      key != nullptr && EVP_DecryptInit_ex2(cipher, cipher_, key->cipher, vector, nullptr) == 1 && set_mac(mac, *key);
  int result = !opened ? no_ticket : key == &keys.now ? good : good_and_old;
  OPENSSL_cleanse(&keys, sizeof keys);
  return result;
}

} // namespace minhttp::tls
