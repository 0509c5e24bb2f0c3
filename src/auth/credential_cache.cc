// SPDX-License-Identifier: MIT
#include "auth/credential_cache.h"

#include "base/check.h"
#include "crypto/keyed_hash.h"
#include "crypto/secret.h"

namespace minhttp::auth {

CredentialCache::CredentialCache(std::span<VerifiedCredential> table) : table_(table) {
  CHECK(!table.empty() && table.size() % set_size == 0);
}

// The tag is a keyed hash: nobody can aim at a set.
std::span<VerifiedCredential> CredentialCache::set_of(const CredentialTag& tag) const {
  return table_.subspan(number_of(tag) % (table_.size() / set_size) * set_size, set_size);
}

std::optional<uint32_t> CredentialCache::find(const CredentialTag& tag, int64_t now_ms) const {
  uint32_t account = 0;
  bool found = false;
  for (const VerifiedCredential& place : set_of(tag)) {
    bool same = equal_in_constant_time(place.tag, tag) & (now_ms < place.until_ms);
    account = choose(same, place.account, account);
    found |= same;
  }
  return found ? std::optional(account) : std::nullopt;
}

void CredentialCache::insert(const CredentialTag& tag, uint32_t account, int64_t now_ms) {
  auto set = set_of(tag);
  VerifiedCredential* to = set.data();
  for (VerifiedCredential& place : set) {
    if (place.tag == tag) {
      to = &place; // verified anew
      break;
    }
    if (place.until_ms < to->until_ms) to = &place;
  }
  *to = {.tag = tag, .until_ms = now_ms + limits::verified_ms, .account = account};
}

void CredentialCache::forget_all() {
  for (VerifiedCredential& place : table_) wipe(place);
}

} // namespace minhttp::auth
