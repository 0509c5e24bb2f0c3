// SPDX-License-Identifier: MIT
#pragma once
// Session tickets: RFC 8446 section 4.6.1, RFC 5077 section 4. All that a session needs is in the ticket, sealed with a
// key that all workers have from the key process, which renews it.

#include "tls/bulletin.h"

struct ssl_st;            // SSL
struct ssl_ctx_st;        // SSL_CTX
struct evp_cipher_st;     // EVP_CIPHER
struct evp_cipher_ctx_st; // EVP_CIPHER_CTX
struct evp_mac_ctx_st;    // EVP_MAC_CTX

namespace minhttp::tls {

class Tickets {
 public:
  // False: out of memory.
  bool prepare(const Bulletin& bulletin);

  // Makes a context give tickets, and take them. This object must outlive it.
  bool serve(ssl_ctx_st* context);

 private:
  static int on_ticket(ssl_st* connection, unsigned char* name, unsigned char* vector, evp_cipher_ctx_st* cipher,
                       evp_mac_ctx_st* mac, int seals);
  int seal(unsigned char* name, unsigned char* vector, evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac) const;
  int open(const unsigned char* name, const unsigned char* vector, evp_cipher_ctx_st* cipher,
           evp_mac_ctx_st* mac) const;
  bool read_keys(TicketKeys& keys) const;

  const Bulletin* bulletin_ = nullptr;
  evp_cipher_st* cipher_ = nullptr; // fetched once
};

} // namespace minhttp::tls
