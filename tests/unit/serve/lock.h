// SPDX-License-Identifier: MIT
#pragma once
// A password for a part of the site: user joe, password "secret".

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access.h"

namespace minhttp::test {

// The hash is from sha512_crypt_test.cc.
constexpr std::string_view joe =
    "joe:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n";
constexpr std::string_view joe_may = "Authorization: Basic am9lOnNlY3JldA==\r\n";
constexpr std::string_view joe_errs = "Authorization: Basic am9lOndyb25n\r\n";

struct Lock {
  explicit Lock(std::string_view prefix)
      : users(1),
        remembered(64),
        guessers(64),
        under_way(limits::verifications_max),
        waiters(16),
        accounts(limits::users_max),
        unknown_users(64),
        authenticator(KeyedHash::Key{42}, {remembered, guessers, under_way, waiters, accounts, unknown_users}) {
    part.prefix = prefix;
    part.passwords = auth::Passwords(users);
    if (part.passwords.read(joe, {}) != 0) throw std::runtime_error("the password file is no good");
  }
  // Forgets all earlier password checks.
  void forget() {
    authenticator.forget_all();
    std::fill(guessers.begin(), guessers.end(), auth::TokenBucket{});
    std::fill(unknown_users.begin(), unknown_users.end(), auth::TokenBucket{});
  }
  auth::Access access() {
    return {.addresses = {}, .protected_paths = {&part, 1}, .authenticator = &authenticator, .realm = "here"};
  }

  std::vector<auth::Account> users;
  std::vector<auth::VerifiedCredential> remembered;
  std::vector<auth::TokenBucket> guessers;
  std::vector<auth::Verification> under_way;
  std::vector<auth::Waiter> waiters;
  std::vector<int64_t> accounts;
  std::vector<auth::TokenBucket> unknown_users;
  auth::Authenticator authenticator;
  auth::ProtectedPath part;
};

} // namespace minhttp::test
