#include "serve/gate.h"

#include "base/secret.h"
#include "http/basic_auth.h"

namespace minhttp::serve {
namespace {

using Kind = Decision::Kind;

uint32_t seconds_of(int64_t ms) { return static_cast<uint32_t>((ms + 999) / 1000); }

Sha512& add_number(Sha512& sha, uint32_t number) {
  return sha.add(std::array{static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16),
                            static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
}

} // namespace

// The user's size makes the text unambiguous.
CredentialTag Gate::tag_of(uint32_t scope, std::string_view user, std::string_view password) const {
  Sha512 sha = key_.begin(KeyedHash::Use::credentials);
  add_number(add_number(sha, scope), static_cast<uint32_t>(user.size()));
  Sha512::Digest digest = sha.add(user).add(password).finish();
  CredentialTag tag;
  for (size_t i = 0; i < tag.size(); i++) tag[i] = digest[i];
  return tag;
}

Decision Gate::ask(uint32_t slot, const IpAddress& peer, const site::Passwords& passwords, uint32_t scope,
                   std::string_view authorization, int64_t now_ms) {
  if (authorization.empty()) return {.kind = Kind::missing};
  std::array<char, http::credentials_max> decoded;
  auto given = http::parse_basic(authorization, decoded);
  Decision decision = {.kind = Kind::malformed};
  if (given && passwords.size() > 0) {
    CredentialTag tag = tag_of(scope, given->user, given->password);
    auto account = remembered_.find(tag, now_ms);
    if (account) {
      decision = {.kind = Kind::granted, .account = *account};
    } else if (verifier_.join(slot, tag)) {
      decision.kind = Kind::later;
    } else if (verifier_.full()) {
      decision = {.kind = Kind::busy, .retry_s = 1};
    } else if (int64_t early_ms = guesses_.charge(peer, now_ms); early_ms > 0) {
      decision = {.kind = Kind::too_often, .retry_s = seconds_of(early_ms)};
    } else {
      uint64_t stand_in = number_of(key_.begin(KeyedHash::Use::user).add(given->user).finish());
      auto who = passwords.look_up(given->user, stand_in);
      verifier_.begin(slot, {.tag = tag,
                             .peer = peer,
                             .password = given->password,
                             .hash = who.hash,
                             .account = who.account,
                             .known = who.known});
      decision.kind = Kind::later;
    }
  }
  wipe(decoded);
  return decision;
}

void Gate::step(int64_t now_ms) {
  const Verification* done = verifier_.step();
  if (done == nullptr || !is_right(*done)) return;
  remembered_.insert(done->tag, done->account, now_ms);
  guesses_.refund(done->peer);
}

std::optional<Gate::Finished> Gate::finished() {
  auto answer = verifier_.take();
  if (!answer) return {};
  Kind kind = answer->stale ? Kind::again : answer->right ? Kind::granted : Kind::wrong;
  return Finished{.slot = answer->slot, .decision = {.kind = kind, .account = answer->account}};
}

void Gate::forget_all() {
  remembered_.forget_all();
  verifier_.forget_all();
}

} // namespace minhttp::serve
