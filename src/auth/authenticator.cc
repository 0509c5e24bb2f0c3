// SPDX-License-Identifier: MIT
#include "auth/authenticator.h"

#include "crypto/secret.h"

namespace minhttp::auth {
namespace {

using Kind = Decision::Kind;

uint32_t seconds_of(int64_t ms) { return static_cast<uint32_t>((ms + 999) / 1000); }

Sha512& add_number(Sha512& sha, uint32_t number) {
  return sha.add(std::array{static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16),
                            static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
}

} // namespace

// The user's size makes the text unambiguous.
CredentialTag Authenticator::tag_of(uint32_t scope, std::string_view user, std::string_view password) const {
  Sha512 sha = key_.begin(KeyedHash::Use::credentials);
  add_number(add_number(sha, scope), static_cast<uint32_t>(user.size()));
  Sha512::Digest digest = sha.add(user).add(password).finish();
  CredentialTag tag;
  for (size_t i = 0; i < tag.size(); i++) tag[i] = digest[i];
  return tag;
}

// Where the address or the account may still fail. Both are charged, so that one address at one account
// has no more attempts than its own.
Decision Authenticator::begin_check(uint32_t slot, const IpAddress& peer, const auth::Passwords& passwords,
                                    uint32_t scope, const auth::Credentials& given, const CredentialTag& tag,
                                    int64_t now_ms) {
  Decision busy = {.kind = Kind::busy, .retry_s = 1};
  if (verifier_.full()) return busy;
  int64_t address_early_ms = guesses_.charge(peer, now_ms);
  // Who tries name after name from one address leaves half of the places to the others.
  if (address_early_ms > 0 && verifier_.by_account() >= limits::verifications_by_account) return busy;
  Sha512 sha = key_.begin(KeyedHash::Use::user);
  Sha512::Digest name = add_number(sha, scope).add(given.user).finish();
  auto who = passwords.look_up(given.user, number_of(name));
  auto account = static_cast<uint32_t>(scope * limits::users_max + who.account);
  AccountLimiter::NameTag name_tag;
  for (size_t i = 0; i < name_tag.size(); i++) name_tag[i] = name[8 + i];
  int64_t account_early_ms =
      who.known ? account_guesses_.charge(account, now_ms) : account_guesses_.charge_unknown(name_tag, now_ms);
  if (address_early_ms > 0 && account_early_ms > 0) {
    int64_t early_ms = address_early_ms < account_early_ms ? address_early_ms : account_early_ms;
    return {.kind = Kind::too_often, .retry_s = seconds_of(early_ms)};
  }
  verifier_.begin(
      slot,
      {.tag = tag,
       .peer = peer,
       .password = given.password,
       .hash = who.hash,
       .account = who.account,
       .known = who.known,
       .charged = {.account = account, .from_address = address_early_ms == 0, .from_account = account_early_ms == 0}});
  return {.kind = Kind::later};
}

Decision Authenticator::ask(uint32_t slot, const IpAddress& peer, const auth::Passwords& passwords, uint32_t scope,
                            std::string_view authorization, int64_t now_ms) {
  if (authorization.empty()) return {.kind = Kind::missing};
  std::array<char, auth::credentials_max> decoded;
  auto given = auth::parse_basic(authorization, decoded);
  Decision decision = {.kind = Kind::malformed};
  if (given && passwords.size() > 0) {
    CredentialTag tag = tag_of(scope, given->user, given->password);
    auto account = remembered_.find(tag, now_ms);
    if (account) {
      decision = {.kind = Kind::granted, .account = *account};
    } else if (verifier_.join(slot, tag)) {
      decision.kind = Kind::later;
    } else {
      decision = begin_check(slot, peer, passwords, scope, *given, tag, now_ms);
    }
  }
  wipe(decoded);
  return decision;
}

void Authenticator::step(int64_t now_ms) {
  const Verification* done = verifier_.step();
  if (done == nullptr || !is_right(*done)) return;
  remembered_.insert(done->tag, done->account, now_ms);
  if (done->charged.from_address) guesses_.refund(done->peer);
  if (done->charged.from_account) account_guesses_.refund(done->charged.account);
}

std::optional<Authenticator::Finished> Authenticator::finished() {
  auto answer = verifier_.take();
  if (!answer) return {};
  Kind kind = answer->stale ? Kind::again : answer->right ? Kind::granted : Kind::wrong;
  return Finished{.slot = answer->slot, .decision = {.kind = kind, .account = answer->account}};
}

void Authenticator::forget_all() {
  remembered_.forget_all();
  verifier_.forget_all();
  account_guesses_.forget_accounts();
}

} // namespace minhttp::auth
