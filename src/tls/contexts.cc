// SPDX-License-Identifier: MIT
#include "tls/contexts.h"

#include <openssl/async.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "crypto/sha512.h"
#include "sys/time.h"
#include "tls/certificates.h"
#include "tls/provider.h"

namespace minhttp::tls {
namespace {

using Text = std::string_view;

// A part of the bulletin is written in microseconds, once a minute at most.
constexpr int read_tries = 1'000;

// RFC 7301 section 3.2: a client that offers only other protocols is refused.
int on_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
            unsigned bytes, void* policy) {
  Text best;
  const auto* begin = reinterpret_cast<const char*>(offered);
  for (Text rest = {begin, bytes}; !rest.empty();) {
    size_t size = static_cast<uint8_t>(rest.front());
    if (size >= rest.size()) break;
    Text name = {rest.data() + 1, size};
    rest = drop(rest, size + 1);
    bool http2 = equal(name, "h2"sv) && static_cast<const Policy*>(policy)->http2;
    if (http2 || (best.empty() && (equal(name, "http/1.1"sv) || equal(name, "http/1.0"sv)))) best = name;
    if (http2) break;
  }
  if (best.empty()) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = reinterpret_cast<const unsigned char*>(best.data());
  *chosen_bytes = static_cast<unsigned char>(best.size());
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

// No file is read, nothing runs at exit, and errors have no text, which takes memory: their numbers are enough.
bool Contexts::start_library() {
  constexpr uint64_t choices = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_SSL_STRINGS |
                               OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;
  return OPENSSL_init_ssl(choices, nullptr) == 1 && load_provider();
}

bool Contexts::prepare(const Policy& policy, const Bulletin& bulletin) {
  policy_ = &policy;
  bulletin_ = &bulletin;
  count_ = bulletin.count;
  if (!tickets_.prepare(bulletin)) return why_ = "out of memory"sv, false;
  return take_up();
}

bool Contexts::become_worker(int channel, const SharedWord& owner, uint32_t me) {
  channel_.open(channel, owner, me);
  sign_through(channel_);
  return ASYNC_init_thread(limits::tls_signatures, 0) == 1;
}

SSL* Contexts::begin(uint32_t) {
  if (bulletin_->generation.load() != seen_) renew();
  SSL* connection = SSL_new(contexts_[0]);
  if (connection != nullptr) SSL_set_accept_state(connection);
  return connection;
}

Step Contexts::handshake(uint32_t slot, SSL* connection) {
  channel_.work_for(slot);
  ERR_clear_error();
  int result = SSL_do_handshake(connection);
  if (result == 1) {
    SSL_clear_mode(connection, SSL_MODE_ASYNC); // the rest needs no key, and a fibre costs time
    return Step::done;
  }
  int why = SSL_get_error(connection, result);
  ERR_clear_error();
  switch (why) {
    case SSL_ERROR_WANT_READ: return Step::wants_read;
    case SSL_ERROR_WANT_WRITE: return Step::wants_write;
    case SSL_ERROR_WANT_ASYNC: return Step::wants_key;
    case SSL_ERROR_WANT_ASYNC_JOB: return wait_for_fibre(slot) ? Step::wants_key : Step::failed;
    default: return Step::failed;
  }
}

// A fibre that waits can only be left through its end: an SSL that is freed before would lose it.
void Contexts::end(uint32_t slot, SSL* connection) {
  forget_waiter(slot);
  if (SSL_waiting_for_async(connection) == 1) {
    channel_.give_up(slot);
    SSL_set_quiet_shutdown(connection, 1);
    (void)SSL_do_handshake(connection);
    ERR_clear_error();
  }
  SSL_free(connection);
}

bool Contexts::wait_for_fibre(uint32_t slot) {
  forget_waiter(slot);
  if (waiter_count_ == limits::tls_waiting) return false;
  waiters_[waiter_count_++] = slot;
  return true;
}

void Contexts::forget_waiter(uint32_t slot) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < waiter_count_; i++) {
    if (waiters_[i] != slot) waiters_[kept++] = waiters_[i];
  }
  waiter_count_ = kept;
}

// Half of the room is for handshakes that wait for a fibre, which are woken with an answer. Those that need no
// signature bring no further one: see wants_turn().
size_t Contexts::turn(std::span<uint32_t, turn_max> slots) {
  size_t count = channel_.take(slots.first<turn_max / 2>());
  if (channel_.fd() < 0) count += channel_.fail_all(slots.subspan(count));
  uint32_t woken = 0;
  while (woken < waiter_count_ && count < slots.size()) slots[count++] = waiters_[woken++];
  for (uint32_t i = woken; i < waiter_count_; i++) waiters_[i - woken] = waiters_[i];
  waiter_count_ -= woken;
  return count;
}

Protocol Contexts::protocol(const SSL* connection) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(connection, &name, &size);
  return size == 2 ? Protocol::http2 : Protocol::http1;
}

Text Contexts::client(const SSL* connection, std::span<char, limits::tls_subject_max> to) {
  X509* shown = SSL_get0_peer_certificate(connection);
  if (shown == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return {};
  BIO* out = BIO_new(BIO_s_mem());
  if (out == nullptr) return {};
  char* text = nullptr;
  long size = 0;
  if (X509_NAME_print_ex(out, X509_get_subject_name(shown), 0, XN_FLAG_RFC2253) >= 0)
    size = BIO_get_mem_data(out, &text);
  size_t bytes = size > 0 ? static_cast<size_t>(size) : 0;
  if (bytes > to.size()) bytes = to.size();
  if (bytes > 0) __builtin_memcpy(to.data(), text, bytes);
  BIO_free(out);
  return {to.data(), bytes};
}

// What fails, for lack of memory, is tried again later, as it takes some milliseconds each time.
void Contexts::renew() {
  int64_t now_ms = sys::clock_ns(sys::abi::clock_monotonic) / 1'000'000;
  if (now_ms < renews_ms_ || take_up()) return;
  renews_ms_ = now_ms + limits::tls_renew_ms;
}

// Makes everything anew of which the key process has shown a new version. On failure the old contexts and names stay.
bool Contexts::take_up() {
  uint32_t seen =
      bulletin_->generation.load(); // before the parts: one that changes meanwhile is taken up the next time
  next_names().clear();
  for (uint32_t i = 0; i < count_; i++) {
    if (!take_certificate(i) || !list_names(i)) return false;
  }
  if (!take_authority() || !make_contexts()) return false;
  names_in_use_ = 1 - names_in_use_;
  seen_ = seen;
  return true;
}

bool Contexts::take_certificate(uint32_t number) {
  bool read = false;
  for (int i = 0; i < read_tries && !read; i++) {
    read = bulletin_->certificates[number].read([&](const ShownCertificate& shown) {
      shown_.generation = shown.generation;
      if (shown.generation != certificates_[number].generation) shown_ = shown;
    });
  }
  if (!read) return why_ = "the key process writes for ever"sv, false;
  if (shown_.generation == certificates_[number].generation) return true;
  return parse(number);
}

bool Contexts::parse(uint32_t number) {
  Certificate made = {.generation = shown_.generation, .kind = shown_.kind};
  made.chain = sk_X509_new_null();
  std::span<const uint8_t> rest = {shown_.chain.der, shown_.chain.bytes};
  std::span<const uint8_t> der;
  bool parsed = made.chain != nullptr && shown_.chain.bytes <= limits::tls_chain_max;
  while (parsed && next_certificate(rest, der)) {
    const unsigned char* at = der.data();
    X509* one = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    if (one == nullptr) {
      parsed = false;
    } else if (made.leaf == nullptr) {
      made.leaf = one;
    } else if (sk_X509_push(made.chain, one) == 0) {
      X509_free(one);
      parsed = false;
    }
  }
  if (parsed && made.leaf != nullptr) {
    made.key = remote_key(X509_get0_pubkey(made.leaf), {.certificate = number, .generation = made.generation});
  }
  parsed = parsed && made.key != nullptr;
  if (parsed) std::swap(made, certificates_[number]);
  X509_free(made.leaf);
  sk_X509_pop_free(made.chain, X509_free);
  EVP_PKEY_free(made.key);
  if (!parsed) why_ = "a certificate cannot be used"sv;
  return parsed;
}

// The names of the extension; without any, the common name (no browser looks at it, but other clients do).
bool Contexts::list_names(uint32_t number) {
  const X509* leaf = certificates_[number].leaf;
  GENERAL_NAMES* names = nullptr;
  if (!read_names(leaf, names)) return why_ = "out of memory"sv, false;
  auto add = [&](const ASN1_STRING* name) {
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name));
    (void)next_names().add({text, static_cast<size_t>(ASN1_STRING_length(name))}, number);
  };
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) add(name->d.dNSName);
  }
  if (names == nullptr) {
    const X509_NAME* subject = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  }
  GENERAL_NAMES_free(names);
  return true;
}

bool Contexts::take_authority() {
  if (policy_->clients == ClientCertificates::none) return true;
  bool read = false;
  for (int i = 0; i < read_tries && !read; i++) {
    read = bulletin_->authority.read([&](const ClientAuthority& shown) {
      if (shown.generation != authority_generation_) shown_authority_ = shown;
    });
  }
  if (!read) return why_ = "the key process writes for ever"sv, false;
  if (shown_authority_.generation == authority_generation_) return true;
  X509_STORE* store = X509_STORE_new();
  STACK_OF(X509_NAME)* names = sk_X509_NAME_new_null();
  std::span<const uint8_t> rest = {shown_authority_.chain.der, shown_authority_.chain.bytes};
  std::span<const uint8_t> der;
  bool made = store != nullptr && names != nullptr;
  while (made && next_certificate(rest, der)) {
    const unsigned char* at = der.data();
    X509* one = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    X509_NAME* name = one != nullptr ? X509_NAME_dup(X509_get_subject_name(one)) : nullptr;
    made = name != nullptr && X509_STORE_add_cert(store, one) == 1;
    if (name != nullptr && sk_X509_NAME_push(names, name) == 0) {
      X509_NAME_free(name);
      made = false;
    }
    X509_free(one); // the store has counted it
  }
  if (made) {
    std::swap(store, authority_);
    std::swap(names, authority_names_);
    authority_generation_ = shown_authority_.generation;
  }
  X509_STORE_free(store);
  sk_X509_NAME_pop_free(names, X509_NAME_free);
  if (!made) why_ = "--client-ca cannot be used"sv;
  return made;
}

// Connections keep the context that they have begun with, which is freed with the last of them.
bool Contexts::make_contexts() {
  ssl_ctx_st* made[limits::tls_certificates] = {};
  bool all = count_ > 0;
  for (uint32_t i = 0; i < count_ && all; i++) all = (made[i] = make_context(i)) != nullptr;
  if (!all) why_ = "out of memory"sv;
  for (uint32_t i = 0; i < count_; i++) {
    if (all) std::swap(contexts_[i], made[i]);
    SSL_CTX_free(made[i]);
  }
  if (all) __builtin_memcpy(authority_fingerprint_, shown_authority_.fingerprint, sizeof authority_fingerprint_);
  ERR_clear_error();
  return all;
}

SSL_CTX* Contexts::make_context(uint32_t number) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return nullptr;
  bool made = apply(*policy_, *context) && add_pairs(context, number) && tickets_.serve(context);
  SSL_CTX_set_alpn_select_cb(context, on_alpn, const_cast<Policy*>(policy_)); // NOLINT: only read
  SSL_CTX_set_client_hello_cb(context, on_client_hello, this);
  if (policy_->clients != ClientCertificates::none) {
    bool required = policy_->clients == ClientCertificates::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_CTX_set1_cert_store(context, authority_);
    STACK_OF(X509_NAME)* names = sk_X509_NAME_deep_copy(authority_names_, X509_NAME_dup, X509_NAME_free);
    made = made && names != nullptr;
    SSL_CTX_set_client_CA_list(context, names);
  }
  if (made) return context;
  SSL_CTX_free(context);
  return nullptr;
}

// The pair itself; and of each other kind of key the first one whose certificate has all its names, so that a client
// gets the kind that it knows.
bool Contexts::add_pairs(SSL_CTX* context, uint32_t number) {
  bool has[key_kinds] = {};
  auto add = [&](const Certificate& pair) {
    has[static_cast<size_t>(pair.kind)] = true;
    return SSL_CTX_use_cert_and_key(context, pair.leaf, pair.key, pair.chain, 1) == 1;
  };
  if (!add(certificates_[number])) return false;
  for (uint32_t i = 0; i < count_; i++) {
    if (has[static_cast<size_t>(certificates_[i].kind)] || !next_names().covers(i, number)) continue;
    if (!add(certificates_[i])) return false;
  }
  return true;
}

// Before OpenSSL looks at a ticket: a session belongs to one host name and to one set of authorities, so that one that
// was begun for another name, perhaps with another certificate, is not resumed here (CVE-2025-23419).
int Contexts::on_client_hello(SSL* connection, int*, void* self) {
  const unsigned char* extension = nullptr;
  size_t bytes = 0;
  Text host;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &extension, &bytes) == 1) {
    host = server_name({reinterpret_cast<const char*>(extension), bytes});
  }
  static_cast<Contexts*>(self)->choose(connection, host);
  return SSL_CLIENT_HELLO_SUCCESS;
}

void Contexts::choose(SSL* connection, Text host) {
  uint32_t number = names_[names_in_use_].find(host).value_or(0);
  // Of now, as the fingerprint: since begin() another --client-ca may be in use. The same context changes nothing.
  if (number < count_) SSL_set_SSL_CTX(connection, contexts_[number]);
  char lower[limits::tls_name_max + 1] = {};
  size_t size = host.size() < sizeof lower ? host.size() : sizeof lower;
  for (size_t i = 0; i < size; i++) lower[i] = to_lower(host[i]);
  Sha512 hash;
  hash.add(std::span<const uint8_t>(authority_fingerprint_));
  Sha512::Digest digest = hash.add(Text(lower, size)).finish();
  (void)SSL_set_session_id_context(connection, digest.data(), SSL_MAX_SID_CTX_LENGTH);
}

} // namespace minhttp::tls
