// SPDX-License-Identifier: MIT
#include "tls/key_store.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "base/bytes.h"
#include "http/date.h"
#include "sys/file.h"
#include "tls/self_signed.h"

namespace minhttp::tls {
namespace {

using Text = std::string_view;

constexpr int64_t fresh_ns = 1'000'000'000; // a file that was written within this time may be half written

// A line of a message, cut off where it becomes too long.
class Line {
 public:
  Line& text(Text piece) {
    out_.text(take(piece, piece.size() < out_.room() ? piece.size() : out_.room()));
    return *this;
  }
  Line& number(uint64_t value) { return text(Decimal(value).view()); }
  Line& date(int64_t seconds) {
    http::Civil civil = http::to_civil(seconds < 0 ? 0 : seconds < http::last_second ? seconds : http::last_second);
    number(civil.year).text(civil.month < 10 ? "-0"sv : "-"sv).number(civil.month);
    return text(civil.day < 10 ? "-0"sv : "-"sv).number(civil.day);
  }
  Text view() const { return out_.view(); }

 private:
  char text_[1'024];
  Writer out_{text_};
};

int64_t nanoseconds(const statx_timestamp& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// The formats of RFC 8446 section 4.4.3 and RFC 5246 section 7.4.3 with RFC 8422 section 5.4: nothing else is signed,
// so that a worker in the hands of an attacker cannot have other things signed with a key that serves for them too.
bool is_handshake(std::span<const uint8_t> message) {
  constexpr Text context = "TLS 1.3, server CertificateVerify"sv;
  constexpr size_t spaces = 64;
  constexpr size_t head = spaces + context.size() + 1;
  if (message.size() == head + 32 || message.size() == head + 48) {
    bool is = true;
    for (size_t i = 0; i < spaces; i++) is &= message[i] == ' ';
    for (size_t i = 0; i < context.size(); i++) is &= message[spaces + i] == static_cast<uint8_t>(context[i]);
    if (is && message[head - 1] == 0) return true;
  }
  constexpr size_t randoms = 64;
  constexpr size_t point = randoms + 4; // after ECCurveType named_curve, NamedCurve, and the length
  return message.size() > point && message[randoms] == 3 && message.size() == point + message[point - 1];
}

const EVP_MD* digest_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::rsa_pkcs1_sha256:
    case Scheme::rsa_pss_sha256:
    case Scheme::ecdsa_sha256: return EVP_sha256();
    case Scheme::rsa_pkcs1_sha384:
    case Scheme::rsa_pss_sha384:
    case Scheme::ecdsa_sha384: return EVP_sha384();
    case Scheme::rsa_pkcs1_sha512:
    case Scheme::rsa_pss_sha512:
    case Scheme::ecdsa_sha512: return EVP_sha512();
    case Scheme::ed25519:
    case Scheme::none: break;
  }
  return nullptr;
}

bool fits(Scheme scheme, KeyKind kind) {
  switch (scheme) {
    case Scheme::rsa_pkcs1_sha256:
    case Scheme::rsa_pkcs1_sha384:
    case Scheme::rsa_pkcs1_sha512:
    case Scheme::rsa_pss_sha256:
    case Scheme::rsa_pss_sha384:
    case Scheme::rsa_pss_sha512: return kind == KeyKind::rsa;
    case Scheme::ecdsa_sha256:
    case Scheme::ecdsa_sha384:
    case Scheme::ecdsa_sha512: return kind == KeyKind::ecdsa;
    case Scheme::ed25519: return kind == KeyKind::ed25519;
    case Scheme::none: break;
  }
  return false;
}

bool is_pss(Scheme scheme) {
  return scheme == Scheme::rsa_pss_sha256 || scheme == Scheme::rsa_pss_sha384 || scheme == Scheme::rsa_pss_sha512;
}

} // namespace

KeyStore::Stamp KeyStore::stamp(const char* name) {
  struct statx facts = {};
  auto asked = sys::stat(AT_FDCWD, name, facts);
  if (!asked.ok()) return {.error = static_cast<int>(asked.error())};
  return {.inode = facts.stx_ino,
          .size = facts.stx_size,
          .modified_ns = nanoseconds(facts.stx_mtime),
          .changed_ns = nanoseconds(facts.stx_ctime)};
}

Text KeyStore::name_of(uint32_t number) const {
  const char* name = options_.pairs[number].certificate;
  return name != nullptr ? Text(name) : "--self-signed"sv;
}

void KeyStore::say(const Problem& problem, Text end) {
  Line line;
  line.text(problem.file).text(" "sv).text(problem.text);
  if (!problem.detail.empty()) line.text(": "sv).text(problem.detail);
  say_(line.text(end).view());
}

void KeyStore::remind(Reminder& reminder, const Problem& problem, Text end, int64_t now_s) {
  if (reminder.said == problem && now_s - reminder.said_s < limits::tls_day_s) return;
  reminder = {problem, now_s};
  say(problem, end);
}

Problem KeyStore::make_self_signed(Pair& pair, int64_t now_s) const {
  if (tls::make_self_signed(options_.self_names, now_s, pair)) return {};
  return {"--self-signed"sv, "cannot make a certificate"sv, {}};
}

// Reads a pair, and shows it if it is good, and another one than before.
Problem KeyStore::take_up(uint32_t number, int64_t now_s, bool starts) {
  Source& source = sources_[number];
  const PairFiles& files = options_.pairs[number];
  Pair pair;
  if (files.certificate == nullptr) {
    if (Problem problem = make_self_signed(pair, now_s); !problem.none()) return problem;
  } else {
    Problem problem = read_pair(files.certificate, files.key, scratch_, pair);
    if (problem.none()) problem = check_pair(pair, files.certificate, files.key);
    if (!problem.none()) return problem;
    Problem dates = check_dates(pair, files.certificate, now_s);
    if (!dates.none() && !starts) return dates;
    if (!dates.none()) remind(source.ends, dates, "; it is used all the same, as there is no other"sv, now_s);
  }
  if (!show(pair, shown_)) return {name_of(number), "is too large with its chain"sv, {}};
  const ShownCertificate& present = bulletin_.certificates[number].writable();
  bool same = source.generation != 0 && present.chain.bytes == shown_.chain.bytes &&
              __builtin_memcmp(present.chain.der, shown_.chain.der, shown_.chain.bytes) == 0;
  if (same) return {};
  source.generation++;
  Pair& place = source.kept[source.generation % limits::tls_keys_kept];
  Pair old;
  place.swap(old); // frees the oldest
  place.swap(pair);
  publish(number);
  if (starts) return {};
  source.ends = {};
  Line line;
  say_(line.text(name_of(number)).text(": new certificate in use, valid until "sv).date(place.ends_s).view());
  return {};
}

void KeyStore::publish(uint32_t number) {
  auto& shown = bulletin_.certificates[number];
  shown_.generation = sources_[number].generation;
  shown.begin();
  shown.writable() = shown_;
  shown.end();
  publish_first_end();
  bulletin_.generation.store(bulletin_.generation.load() + 1);
}

void KeyStore::publish_first_end() {
  int64_t first_s = INT64_MAX;
  for (uint32_t i = 0; i < options_.pairs.size(); i++) {
    const Source& source = sources_[i];
    if (source.generation != 0 && newest(source).ends_s < first_s) first_s = newest(source).ends_s;
  }
  bulletin_.ends_s.store(static_cast<uint64_t>(first_s < 0 ? 0 : first_s));
}

bool KeyStore::start(int64_t now_s) {
  renew_tickets(now_s);
  bulletin_.count = static_cast<uint32_t>(options_.pairs.size());
  for (uint32_t i = 0; i < options_.pairs.size(); i++) {
    const PairFiles& files = options_.pairs[i];
    if (files.certificate != nullptr) {
      sources_[i].files.stamps[0] = stamp(files.certificate);
      sources_[i].files.stamps[1] = stamp(files.key);
    }
    Problem problem = take_up(i, now_s, true);
    if (!problem.none()) {
      say(problem, ""sv);
      return false;
    }
    remind_of_end(i, now_s);
  }
  if (options_.client_ca == nullptr) return true;
  authority_.stamps[0] = authority_.stamps[1] = stamp(options_.client_ca);
  Problem problem = read_authority(options_.client_ca, scratch_, bulletin_.authority.writable());
  bulletin_.authority.writable().generation = 1;
  if (!problem.none()) say(problem, ""sv);
  return problem.none();
}

bool KeyStore::look(int64_t now_s, bool asked) {
  renew_tickets(now_s);
  bool again = false;
  for (uint32_t i = 0; i < options_.pairs.size(); i++) again |= look_at_pair(i, now_s, asked);
  if (options_.client_ca != nullptr) again |= look_at_authority(now_s, asked);
  return again;
}

// Files are read when they have changed. What is bad is read at each look: its time may come, or it could not be read
// for a moment only. True: it may be half written, so look again soon. take_up() returns what is wrong.
template <typename TakeUp>
bool KeyStore::look_at(Files& files, const PairFiles& names, Text stays, int64_t now_s, bool asked, TakeUp take_up) {
  Stamp now[2] = {stamp(names.certificate), stamp(names.key)};
  bool changed = now[0] != files.stamps[0] || now[1] != files.stamps[1];
  if (!changed && !files.settling && !asked && files.bad.said.none()) return false;
  int64_t newer_ns = now[0].changed_ns > now[1].changed_ns ? now[0].changed_ns : now[1].changed_ns;
  int64_t age_ns = now_s * 1'000'000'000 - newer_ns;
  if (changed && !asked && age_ns < fresh_ns && age_ns > -fresh_ns) return true;
  files.stamps[0] = now[0];
  files.stamps[1] = now[1];
  Problem problem = take_up();
  bool again = !problem.none() && changed && !asked && !files.settling;
  files.settling = again;
  if (again) return true;
  if (problem.none() || asked) files.bad = {};
  if (!problem.none()) remind(files.bad, problem, stays, now_s);
  return false;
}

bool KeyStore::look_at_pair(uint32_t number, int64_t now_s, bool asked) {
  Source& source = sources_[number];
  const PairFiles& names = options_.pairs[number];
  constexpr Text stays = "; the present certificate stays in use"sv;
  if (names.certificate == nullptr) {
    if (newest(source).ends_s - now_s > limits::tls_warn_s) return false;
    Problem problem = take_up(number, now_s, false);
    if (!problem.none()) remind(source.files.bad, problem, stays, now_s);
    return false;
  }
  bool again = look_at(source.files, names, stays, now_s, asked, [&] { return take_up(number, now_s, false); });
  if (!again) remind_of_end(number, now_s);
  return again;
}

Problem KeyStore::take_up_authority() {
  auto& shown = bulletin_.authority;
  Problem problem = read_authority(options_.client_ca, scratch_, read_authority_);
  if (!problem.none()) return problem;
  const ClientAuthority& present = shown.writable();
  if (__builtin_memcmp(present.fingerprint, read_authority_.fingerprint, sizeof present.fingerprint) == 0) return {};
  read_authority_.generation = present.generation + 1;
  shown.begin();
  shown.writable() = read_authority_;
  shown.end();
  bulletin_.generation.store(bulletin_.generation.load() + 1);
  Line line;
  say_(line.text(options_.client_ca).text(": clients' certificates are verified with the new ones"sv).view());
  return {};
}

bool KeyStore::look_at_authority(int64_t now_s, bool asked) {
  return look_at(authority_, {options_.client_ca, options_.client_ca},
                 "; clients' certificates are verified as before"sv, now_s, asked, [&] { return take_up_authority(); });
}

// A line a day before a certificate ends, and after it.
void KeyStore::remind_of_end(uint32_t number, int64_t now_s) {
  Source& source = sources_[number];
  const Pair& pair = newest(source);
  int64_t part_s = (pair.ends_s - pair.begins_s) / limits::tls_warn_part;
  int64_t left_s = pair.ends_s - now_s;
  if (left_s > (part_s < limits::tls_warn_s ? part_s : limits::tls_warn_s)) return;
  if (source.ends.said_s != 0 && now_s - source.ends.said_s < limits::tls_day_s) return;
  source.ends.said_s = now_s;
  Line line;
  line.text(name_of(number));
  if (left_s <= 0) {
    say_(line.text(" has expired on "sv).date(pair.ends_s).text("; browsers refuse it"sv).view());
    return;
  }
  bool hours = left_s < 2 * limits::tls_day_s;
  line.text(" ends in "sv).number(static_cast<uint64_t>(hours ? left_s / 3'600 : left_s / limits::tls_day_s));
  line.text(hours ? " hours ("sv : " days ("sv).date(pair.ends_s);
  say_(line.text("), and no newer one is there"sv).view());
}

// A key seals for limits::tls_ticket_s, and opens for as long again. A clock that was set back begins anew.
void KeyStore::renew_tickets(int64_t now_s) {
  auto& shown = bulletin_.tickets;
  const TicketKeys& present = shown.writable();
  int64_t age_s = now_s - present.now.made_s;
  if (present.now.made_s != 0 && age_s >= 0 && age_s < limits::tls_ticket_s) return;
  TicketKeys keys = {.now = {}, .before = age_s < 2 * limits::tls_ticket_s ? present.now : TicketKey{}};
  keys.now.made_s = now_s;
  bool made = RAND_bytes(keys.now.name, sizeof keys.now.name) == 1 &&
              RAND_bytes(keys.now.cipher, sizeof keys.now.cipher) == 1 &&
              RAND_bytes(keys.now.mac, sizeof keys.now.mac) == 1;
  if (!made) return; // the present one goes on; without any, no tickets are given out
  shown.begin();
  shown.writable() = keys;
  shown.end();
  OPENSSL_cleanse(&keys, sizeof keys);
}

size_t KeyStore::sign(const Request& request, std::span<uint8_t, limits::tls_signature_max> to) const {
  if (request.key.certificate >= options_.pairs.size() || request.bytes > limits::tls_signed_max) return 0;
  const Source& source = sources_[request.key.certificate];
  uint32_t generation = request.key.generation;
  bool kept =
      generation != 0 && generation <= source.generation && source.generation - generation < limits::tls_keys_kept;
  const Pair& pair = source.kept[generation % limits::tls_keys_kept];
  if (!kept || !fits(request.scheme, pair.kind) || !is_handshake({request.message, request.bytes})) return 0;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  size_t size = to.size();
  bool made = context != nullptr &&
              EVP_DigestSignInit(context, &options, digest_of(request.scheme), nullptr, pair.key) == 1 &&
              (!is_pss(request.scheme) || (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                                           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
              EVP_DigestSign(context, to.data(), &size, request.message, request.bytes) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  return made ? size : 0;
}

} // namespace minhttp::tls
