// SPDX-License-Identifier: MIT
#include "auth/verifier.h"

#include "base/check.h"
#include "crypto/secret.h"

namespace minhttp::auth {

bool Verifier::join(uint32_t slot, const CredentialTag& tag) {
  for (uint32_t place = 0; place < places_.size(); place++) {
    if (!places_[place].used || places_[place].stale || place == done_ ||
        !equal_in_constant_time(places_[place].tag, tag))
      continue;
    wait(slot, place);
    return true;
  }
  return false;
}

uint32_t Verifier::by_account() const {
  uint32_t count = 0;
  for (const Verification& place : places_) count += place.used && !place.charged.from_address ? 1U : 0U;
  return count;
}

bool Verifier::waits_alone(uint32_t slot) const {
  const Waiter& waiter = waiters_[slot];
  return waiter.waits && places_[waiter.place].waiters.count == 1;
}

void Verifier::begin(uint32_t slot, const Question& question) {
  CHECK(!full());
  uint32_t place = 0;
  while (places_[place].used) place++;
  Verification& verification = places_[place];
  verification.check.start(question.password, question.hash);
  verification.tag = question.tag;
  verification.peer = question.peer;
  verification.charged = question.charged;
  verification.account = question.account;
  verification.known = question.known;
  verification.stale = false;
  verification.used = true;
  verification.waiters = {};
  used_++;
  wait(slot, place);
}

void Verifier::wait(uint32_t slot, uint32_t place) {
  CHECK(!waiters_[slot].waits);
  waiters_[slot] = {.place = place, .links = {}, .waits = true};
  places_[place].waiters.append(waiters_, &Waiter::links, slot);
}

void Verifier::unlink(uint32_t slot) {
  Waiter& waiter = waiters_[slot];
  places_[waiter.place].waiters.remove(waiters_, &Waiter::links, slot);
  waiter.waits = false;
}

void Verifier::end(uint32_t place) {
  places_[place].check.wipe();
  places_[place].used = false;
  used_--;
  if (done_ == place) done_ = none;
}

void Verifier::leave(uint32_t slot) {
  if (!waiters_[slot].waits) return;
  uint32_t place = waiters_[slot].place;
  unlink(slot);
  if (places_[place].waiters.empty()) end(place);
}

void Verifier::forget_all() {
  for (Verification& verification : places_) verification.stale = true;
}

const Verification* Verifier::step() {
  CHECK(done_ == none);
  if (used_ == 0) return nullptr;
  do {
    turn_ = turn_ + 1 < places_.size() ? turn_ + 1 : 0;
  } while (!places_[turn_].used);
  CryptCheck& check = places_[turn_].check;
  if (!places_[turn_].stale && !check.advance(limits::verification_blocks / check.blocks_a_round())) return nullptr;
  done_ = turn_;
  return &places_[turn_];
}

std::optional<Verifier::Answer> Verifier::take() {
  if (done_ == none) return {};
  Verification& verification = places_[done_];
  bool right = is_right(verification);
  Answer answer = {.slot = verification.waiters.front,
                   .right = right,
                   .stale = verification.stale,
                   .account = right ? verification.account : 0};
  unlink(answer.slot);
  if (verification.waiters.empty()) end(done_);
  return answer;
}

} // namespace minhttp::auth
