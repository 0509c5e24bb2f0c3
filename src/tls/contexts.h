// SPDX-License-Identifier: MIT
#pragma once
// What a worker needs of TLS beside the records: the certificates and the policy, as contexts of OpenSSL; which of them
// a client gets (SNI); tickets; and the key process, which signs. A worker never has a private key.
//
// A tour: prepare() once, before the memory is sealed. For each client begin(), then handshake() whenever its socket is
// ready, until it returns `done` or `failed`; end() frees what begin() made, at any moment. A step that needs a
// signature returns `wants_key`: the loop leaves the connection alone until turn(), which it calls when fd() is
// readable, names its slot. The deadline of the handshake goes on meanwhile.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tables/limits.h"
#include "tls/bulletin.h"
#include "tls/key_channel.h"
#include "tls/names.h"
#include "tls/policy.h"
#include "tls/tickets.h"

struct ssl_st;             // SSL of <openssl/ssl.h>
struct ssl_ctx_st;         // SSL_CTX
struct x509_st;            // X509
struct x509_store_st;      // X509_STORE
struct stack_st_X509;      // STACK_OF(X509)
struct stack_st_X509_NAME; // STACK_OF(X509_NAME)
struct evp_pkey_st;        // EVP_PKEY

namespace minhttp::tls {

enum class Step : uint8_t {
  done,        // the handshake is over; protocol() and client() are known
  wants_read,  // more bytes of the peer are needed
  wants_write, // the output must be written first
  wants_key,   // leave it alone until turn() names the slot
  failed,      // write what is in the output (an alert), then end()
};

enum class Protocol : uint8_t { http1, http2 }; // by ALPN; http1 also without it

class Contexts {
 public:
  // Registers the provider whose private keys are in the key process. Once, before all else that uses OpenSSL, but
  // after CRYPTO_set_mem_functions. False: OpenSSL refuses, out of memory.
  static bool start_library();

  // Makes the contexts from the certificates that the key process has shown. policy must outlive this. False: no
  // memory, or a certificate that OpenSSL does not take; why() says which.
  bool prepare(const Policy& policy, const Bulletin& bulletin);
  std::string_view why() const { return why_; }

  // In a worker, after the fork and before the sandbox is closed: the channel to the key process. owner: the word that
  // says whose channel it is; me: what it must be. False: no memory.
  bool become_worker(int channel, const SharedWord& owner, uint32_t me);

  // A new server connection for this slot, without BIOs: the caller sets them (SSL_set_bio). Takes up renewed
  // certificates before. Null: no memory. The caller has made sure that
  // at least handshake_bytes are free.
  ssl_st* begin(uint32_t slot);

  // One step of a handshake. After `done` SSL_read and SSL_write are called directly; they never need a key.
  Step handshake(uint32_t slot, ssl_st* connection);

  // Frees the connection. If it waits for a signature, that is given up first, without a word to the peer.
  void end(uint32_t slot, ssl_st* connection);

  // The descriptor to wait for, with EPOLLIN, level-triggered. -1: the key process has ended, and every new handshake
  // will fail.
  int fd() const { return channel_.fd(); }

  // Reads the answers that have come. Returns how many slots were written: those whose handshake() is to be called now.
  // At most turn_max in one call; if there are more, fd() stays readable.
  static constexpr size_t turn_max = limits::tls_signatures;
  size_t turn(std::span<uint32_t, turn_max> slots);

  // Whether turn() must be called again although nothing comes on fd(): who waits for a fibre is woken with an answer,
  // and no more answers are under way.
  bool wants_turn() const {
    bool closed = channel_.fd() < 0;
    return closed ? channel_.waiting() + waiter_count_ > 0 : channel_.waiting() == 0 && waiter_count_ > 0;
  }

  static Protocol protocol(const ssl_st* connection);

  // The subject of the client's verified certificate, as RFC 4514 writes it, cut off at the end of `to`, for which
  // limits::tls_subject_max is a good size. Empty: it has
  // shown none.
  static std::string_view client(const ssl_st* connection, std::span<char, limits::tls_subject_max> to);

  // The most bytes of OpenSSL's memory that one connection uses while its handshake lasts, with the fibre in which a
  // signature is waited for: 91 KB were measured, 115 KB with a client's certificate, and the fibre's 33 KB
  // (tests/unit/tls/memory_test.cc). A fibre is kept for others afterwards; there are never more than
  // limits::tls_signatures.
  static constexpr size_t fibre_bytes = (size_t{32} << 10) + 1024;
  static constexpr size_t handshake_bytes = size_t{144} << 10;
  static constexpr size_t handshake_bytes_client_auth = size_t{192} << 10;
  // The bytes of one context, of which there is one for each certificate, twice while they are being renewed.
  static constexpr size_t context_bytes = size_t{64} << 10;

 private:
  // What the key process has shown, as OpenSSL's objects.
  struct Certificate {
    uint32_t generation = 0;
    KeyKind kind = KeyKind::rsa;
    x509_st* leaf = nullptr;
    stack_st_X509* chain = nullptr;
    evp_pkey_st* key = nullptr; // of provider.h
  };

  void renew();
  bool take_up();
  bool wait_for_fibre(uint32_t slot);
  void forget_waiter(uint32_t slot);
  bool take_certificate(uint32_t number);
  bool parse(uint32_t number);
  bool take_authority();
  bool list_names(uint32_t number);
  Names& next_names() { return names_[1 - names_in_use_]; }
  bool make_contexts();
  ssl_ctx_st* make_context(uint32_t number);
  bool add_pairs(ssl_ctx_st* context, uint32_t number);
  bool covers(uint32_t other, uint32_t number) const;
  static int on_client_hello(ssl_st* connection, int* alert, void* self);
  void choose(ssl_st* connection, std::string_view host);

  const Policy* policy_ = nullptr;
  const Bulletin* bulletin_ = nullptr;
  uint32_t seen_ = 0;     // the bulletin's generation that everything here is made from
  int64_t renews_ms_ = 0; // not before: it has just failed
  uint32_t count_ = 0;
  Certificate certificates_[limits::tls_certificates];
  ssl_ctx_st* contexts_[limits::tls_certificates] = {}; // one for each certificate, with others for the same names
  uint32_t authority_generation_ = 0;
  x509_store_st* authority_ = nullptr;
  stack_st_X509_NAME* authority_names_ = nullptr;
  uint8_t authority_fingerprint_[sizeof ClientAuthority::fingerprint] = {}; // of those that contexts_ verify with
  Names names_[2];                                                          // in use, and while they are made anew
  uint32_t names_in_use_ = 0;
  Tickets tickets_;
  KeyChannel channel_;
  uint32_t waiters_[limits::tls_waiting] = {}; // slots whose handshakes need a fibre, from the first on
  uint32_t waiter_count_ = 0;
  std::string_view why_;
  ShownCertificate shown_ = {}; // copies, while they are taken up
  ClientAuthority shown_authority_ = {};
};

} // namespace minhttp::tls
