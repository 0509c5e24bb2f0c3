// SPDX-License-Identifier: MIT
#include "tls/contexts.h"

#include <openssl/ssl.h>

namespace minhttp::tls {
namespace {

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned int in_size, void*) {
  static const unsigned char known[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, known, sizeof known - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

bool Contexts::load(const char* certificate, const char* key) {
  made_ = SSL_CTX_new(TLS_server_method());
  if (made_ == nullptr) return false;
  SSL_CTX_set_min_proto_version(made_, TLS1_2_VERSION);
  SSL_CTX_set_options(made_, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_alpn_select_cb(made_, choose_protocol, nullptr);
  return SSL_CTX_use_certificate_chain_file(made_, certificate) == 1 && SSL_CTX_use_PrivateKey_file(made_, key, SSL_FILETYPE_PEM) == 1;
}

ssl_st* Contexts::begin(uint32_t) {
  SSL* made = SSL_new(made_);
  if (made != nullptr) SSL_set_accept_state(made);
  return made;
}

Step Contexts::handshake(uint32_t, ssl_st* connection) {
  int result = SSL_do_handshake(connection);
  if (result == 1) return Step::done;
  switch (SSL_get_error(connection, result)) {
    case SSL_ERROR_WANT_READ: return Step::wants_read;
    case SSL_ERROR_WANT_WRITE: return Step::wants_write;
    default: return Step::failed;
  }
}

void Contexts::end(uint32_t, ssl_st* connection) { SSL_free(connection); }

Protocol Contexts::protocol(const ssl_st* connection) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(connection, &name, &size);
  return size == 2 ? Protocol::http2 : Protocol::http1;
}

} // namespace minhttp::tls
