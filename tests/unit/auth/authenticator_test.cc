// SPDX-License-Identifier: MIT
#include "auth/authenticator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/encode.h"

namespace minhttp::test {
namespace {

using auth::Authenticator;
using auth::Decision;
using Kind = auth::Decision::Kind;

// The passwords are "secret" and "Hello world!" (sha512_crypt_test.cc).
constexpr std::string_view file =
    "joe:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n"
    "ann:$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1\n";

std::string basic(std::string_view credentials) { return "Basic " + base64(credentials); }

struct TestServer {
  explicit TestServer(std::string_view text = file)
      : users(16),
        passwords(users),
        remembered(64),
        guessers(64),
        under_way(limits::verifications_max),
        waiters(100),
        accounts(64 * limits::users_max),
        unknown_users(64),
        authenticator(KeyedHash::Key{42}, {remembered, guessers, under_way, waiters, accounts, unknown_users}) {
    EXPECT_EQ(passwords.read(text, {}), 0U);
  }
  std::vector<auth::Account> users;
  auth::Passwords passwords;
  std::vector<auth::VerifiedCredential> remembered;
  std::vector<auth::TokenBucket> guessers;
  std::vector<auth::Verification> under_way;
  std::vector<auth::Waiter> waiters;
  std::vector<int64_t> accounts;
  std::vector<auth::TokenBucket> unknown_users;
  Authenticator authenticator;
  int64_t now = 1'000'000;
  int slices = 0;

  Decision ask(uint32_t slot, std::string_view authorization, uint8_t client = 1, uint32_t scope = 0) {
    return authenticator.ask(slot, mapped({10, 0, 0, client}), passwords, scope, authorization, now);
  }
  // To the end of all checks: what each slot is told.
  std::vector<Authenticator::Finished> finish() {
    std::vector<Authenticator::Finished> all;
    while (authenticator.busy()) {
      authenticator.step(now);
      slices++;
      while (auto finished = authenticator.finished()) all.push_back(*finished);
    }
    return all;
  }
  // As if five minutes had passed for what was verified.
  void forget_verified() { std::fill(remembered.begin(), remembered.end(), auth::VerifiedCredential{}); }
  // Wrong passwords for a name until one is refused.
  int guess(const std::string& name, uint8_t client = 1) {
    int count = 0;
    while (count < 10'000 && learn(name + ":wrong" + std::to_string(guessed++), client) == Kind::wrong) count++;
    return count;
  }
  int guessed = 0;
  // Asks and waits.
  Kind learn(std::string_view credentials, uint8_t client = 1, uint32_t scope = 0) {
    Decision decision = ask(1, basic(credentials), client, scope);
    if (decision.kind != Kind::later) return decision.kind;
    auto all = finish();
    EXPECT_EQ(all.size(), 1U);
    return all.at(0).decision.kind;
  }
};

TEST(Authenticator, MissingAndMalformedCredentialsNeedNoCheck) {
  TestServer house;
  EXPECT_EQ(house.ask(1, "").kind, Kind::missing);
  for (const char* value : {"Basic", "Basic xyz", "Bearer abcd", "Basic YWJj", "Basic OmFi"}) {
    EXPECT_EQ(house.ask(1, value).kind, Kind::malformed) << value;
  }
  EXPECT_FALSE(house.authenticator.busy());
  house.passwords.read("", {});
  EXPECT_EQ(house.ask(1, basic("joe:secret")).kind, Kind::malformed) << "nobody may come in";
}

TEST(Authenticator, GrantsTheRightPasswordOnly) {
  TestServer house;
  EXPECT_EQ(house.learn("joe:secret"), Kind::granted);
  EXPECT_EQ(house.learn("ann:Hello world!"), Kind::granted);
  for (const char* wrong : {"joe:Secret", "joe:", "joe:secret ", "joe:Hello world!", "ann:secret", "bob:secret",
                            "Joe:secret", "j:oe:secret", "joe:s:ecret", "bob:Hello world!"}) {
    EXPECT_EQ(house.learn(wrong), Kind::wrong) << wrong;
  }
}

TEST(Authenticator, ReturnsTheAccount) {
  TestServer house;
  ASSERT_EQ(house.ask(5, basic("ann:Hello world!")).kind, Kind::later);
  EXPECT_TRUE(house.authenticator.waits(5));
  auto all = house.finish();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].slot, 5U);
  EXPECT_EQ(house.passwords.name(all[0].decision.account), "ann");
  Decision again = house.ask(6, basic("ann:Hello world!"));
  EXPECT_EQ(again.kind, Kind::granted);
  EXPECT_EQ(house.passwords.name(again.account), "ann");
}

TEST(Authenticator, FiftyEqualRequestsComputeOneHash) {
  TestServer house;
  for (uint32_t slot = 0; slot < 6; slot++) ASSERT_EQ(house.ask(slot, basic("joe:secret")).kind, Kind::later);
  EXPECT_EQ(house.finish().size(), 6U);
  int first = house.slices;
  for (uint32_t slot = 6; slot < 50; slot++) ASSERT_EQ(house.ask(slot, basic("joe:secret")).kind, Kind::granted);
  EXPECT_EQ(house.slices, first);
  EXPECT_EQ(first, (5000 + 511) / 512);
}

TEST(Authenticator, RemembersVerifiedCredentialsForATime) {
  TestServer house;
  ASSERT_EQ(house.learn("joe:secret"), Kind::granted);
  house.now += limits::verified_ms - 1;
  EXPECT_EQ(house.ask(1, basic("joe:secret")).kind, Kind::granted);
  house.now += 1;
  EXPECT_EQ(house.ask(1, basic("joe:secret")).kind, Kind::later);
}

TEST(Authenticator, WrongPasswordsAreNotRemembered) {
  TestServer house;
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(house.learn("joe:wrong"), Kind::wrong);
    EXPECT_EQ(house.slices, (i + 1) * 10);
  }
}

TEST(Authenticator, NeitherPasswordNorNameStaysInMemory) {
  TestServer house;
  std::string password = "A longer passphrase, easy to find";
  (void)house.ask(1, basic("joe:" + password));
  (void)house.finish();
  ASSERT_EQ(house.learn("joe:secret"), Kind::granted);
  std::string memory(reinterpret_cast<const char*>(house.remembered.data()),
                     house.remembered.size() * sizeof(auth::VerifiedCredential));
  memory.append(reinterpret_cast<const char*>(house.under_way.data()),
                house.under_way.size() * sizeof(auth::Verification));
  for (const char* secret : {"secret", "passphrase", "joe"}) EXPECT_EQ(memory.find(secret), memory.npos) << secret;
}

TEST(Authenticator, CredentialsHoldForOneFileAndUntilForgotten) {
  TestServer house;
  ASSERT_EQ(house.learn("joe:secret"), Kind::granted);
  EXPECT_EQ(house.ask(1, basic("joe:secret"), 1, 7).kind, Kind::later) << "another file's joe";
  EXPECT_EQ(house.finish().at(0).decision.kind, Kind::granted);

  ASSERT_EQ(house.ask(2, basic("ann:Hello world!")).kind, Kind::later);
  house.authenticator.forget_all();
  EXPECT_EQ(house.ask(3, basic("joe:secret")).kind, Kind::later);
  EXPECT_EQ(house.ask(4, basic("ann:Hello world!")).kind, Kind::later) << "does not join a check of before";
  for (auto finished : house.finish()) {
    EXPECT_EQ(finished.decision.kind, finished.slot == 2 ? Kind::again : Kind::granted) << finished.slot;
  }
}

TEST(Authenticator, FailedAttemptsAreLimited) {
  TestServer house;
  for (int i = 0; i < limits::guesses_at_once; i++) {
    ASSERT_EQ(house.learn("joe:guess" + std::to_string(i)), Kind::wrong) << i;
  }
  Decision decision = house.ask(1, basic("joe:guess"));
  EXPECT_EQ(decision.kind, Kind::too_often);
  EXPECT_EQ(decision.retry_s, 3U);
  EXPECT_EQ(house.learn("joe:secret"), Kind::too_often) << "nor is the right one tried";
  EXPECT_EQ(house.learn("joe:secret", 2), Kind::granted) << "from elsewhere it is";
  EXPECT_EQ(house.learn("joe:secret"), Kind::granted) << "and then it is remembered";
  house.now += limits::guess_ms;
  EXPECT_EQ(house.learn("joe:guess"), Kind::wrong);
  EXPECT_EQ(house.learn("joe:guess"), Kind::too_often);
}

// As behind a proxy: all clients have its address.
TEST(Authenticator, FailedAttemptsAtAnAccountDoNotBlockOthers) {
  TestServer house;
  EXPECT_EQ(house.guess("joe"), limits::guesses_at_once);
  EXPECT_EQ(house.guess("joe"), 0);
  for (int i = 0; i < 50; i++) {
    ASSERT_EQ(house.learn("ann:Hello world!"), Kind::granted) << i << ": the right one costs nothing";
    house.forget_verified();
  }
  EXPECT_EQ(house.learn("joe:secret"), Kind::too_often) << "nor the right one of who is guessed at";
  EXPECT_EQ(house.guess("ann"), limits::account_guesses_at_once);
  EXPECT_EQ(house.learn("ann:Hello world!"), Kind::too_often);
}

TEST(Authenticator, LimitForOneAddressAndOneAccount) {
  TestServer house;
  EXPECT_EQ(house.guess("joe"), limits::guesses_at_once);
  int count = 0;
  for (int tenths = 0; tenths < 3000; tenths++) {
    house.now += 100;
    count += house.guess("joe");
  }
  EXPECT_GE(count, 300'000 / limits::guess_ms);
  EXPECT_LE(count, 300'000 / limits::guess_ms + 300'000 / limits::account_guess_ms);
}

TEST(Authenticator, RetryAfterIsTheEarlierOfBothLimits) {
  TestServer house;
  for (int i = 0; i < limits::account_guesses_at_once; i++)
    ASSERT_EQ(house.learn("joe:" + std::to_string(i)), Kind::wrong);
  house.now += 16'000;
  EXPECT_EQ(house.guess("zoe"), limits::guesses_at_once);
  EXPECT_EQ(house.ask(1, basic("joe:x")).retry_s, 3U) << "the address's";
  house.now += 13'500;
  EXPECT_EQ(house.guess("zoe"), 4);
  EXPECT_EQ(house.ask(1, basic("joe:x")).retry_s, 1U) << "the account's, in half a second";
}

std::string ten_users() {
  std::string text;
  for (int i = 0; i < 10; i++) {
    text += "user" + std::to_string(i);
    text += file.substr(3, file.find('\n') - 2);
  }
  return text;
}

TEST(Authenticator, LimitForOneAddressAndAllAccounts) {
  TestServer house(ten_users());
  int64_t count = 0;
  for (int round = 0; round < 30; round++) {
    for (int i = 0; i < 10; i++) {
      count += house.learn("user" + std::to_string(i) + ":wrong" + std::to_string(round)) == Kind::wrong ? 1 : 0;
    }
  }
  EXPECT_EQ(count, 10 * limits::account_guesses_at_once);
}

TEST(Authenticator, LimitForManyAddressesAndOneAccount) {
  TestServer house;
  for (uint8_t client = 1; client <= 8; client++) {
    EXPECT_EQ(house.guess("joe", client), limits::guesses_at_once) << int{client};
  }
  EXPECT_EQ(house.learn("joe:secret", 8), Kind::too_often);
  EXPECT_EQ(house.learn("joe:secret", 9), Kind::granted) << "who has not guessed";
  EXPECT_EQ(house.accounts[0], house.now + limits::account_guesses_at_once * limits::account_guess_ms)
      << "what it did not take it does not get back";
}

TEST(Authenticator, UnknownUsersAreLimitedLikeKnownOnes) {
  TestServer house;
  EXPECT_EQ(house.guess("zoe"), limits::guesses_at_once);
  std::vector<int> known;
  std::vector<int> unknown;
  for (int i = 0; i < 9; i++) {
    house.now += 7000;
    EXPECT_GT(house.guess("zoe"), 0) << "so that the address has none left";
    for (auto [name, answers] : {std::pair("joe", &known), std::pair("bob", &unknown)}) {
      int count = house.guess(name);
      answers->push_back(count);
      answers->push_back(static_cast<int>(house.ask(1, basic(std::string(name) + ":x")).retry_s));
    }
  }
  EXPECT_EQ(known, unknown);
  EXPECT_EQ(known[0], limits::account_guesses_at_once);
  EXPECT_EQ(house.learn("ann:Hello world!"), Kind::granted) << "no account pays for a name that is none";
}

TEST(Authenticator, ReplacedPasswordsStartNewAccountLimits) {
  TestServer house;
  EXPECT_EQ(house.guess("joe"), limits::guesses_at_once);
  house.authenticator.forget_all();
  EXPECT_EQ(house.guess("ann"), limits::account_guesses_at_once) << "the address has none left";
  EXPECT_EQ(house.learn("joe:secret"), Kind::granted) << "whoever now has the number that joe had is not guessed at";
}

// Who tries name after name from one address does not fill all places.
TEST(Authenticator, HalfOfTheChecksAreReservedForAddressesWithoutFailures) {
  TestServer house(ten_users());
  EXPECT_EQ(house.guess("zoe"), limits::guesses_at_once);
  for (uint32_t slot = 0; slot < 10; slot++) {
    Decision decision = house.ask(slot, basic("user" + std::to_string(slot) + ":x"));
    EXPECT_EQ(decision.kind, slot < limits::verifications_by_account ? Kind::later : Kind::busy) << slot;
  }
  EXPECT_EQ(house.accounts[9], 0) << "who was not heard has not guessed";
  for (uint32_t slot = 0; slot < limits::verifications_max - limits::verifications_by_account; slot++) {
    EXPECT_EQ(house.ask(20 + slot, basic("user1:y" + std::to_string(slot)), 2).kind, Kind::later) << slot;
  }
  EXPECT_EQ(house.ask(50, basic("user1:z"), 2).kind, Kind::busy);
}

TEST(Authenticator, RightPasswordsAreNotLimited) {
  TestServer house;
  for (uint32_t scope = 0; scope < 3 * limits::guesses_at_once; scope++) {
    ASSERT_EQ(house.learn("joe:secret", 1, scope), Kind::granted);
  }
}

// AddressLimiter that are sent all at once, before the first has failed.
TEST(Authenticator, ParallelGuessesAreBounded) {
  TestServer house;
  uint32_t later = 0;
  uint32_t busy = 0;
  for (uint32_t slot = 0; slot < 90; slot++) {
    Kind kind = house.ask(slot, basic("joe:" + std::to_string(slot))).kind;
    later += kind == Kind::later ? 1 : 0;
    busy += kind == Kind::busy ? 1 : 0;
  }
  EXPECT_EQ(later, limits::verifications_max);
  EXPECT_EQ(busy, 90 - limits::verifications_max);
  EXPECT_EQ(house.ask(95, basic("joe:3")).kind, Kind::later) << "joins";
  EXPECT_EQ(house.ask(96, "").kind, Kind::missing);
  for (uint32_t slot = 0; slot < 90; slot++) house.authenticator.leave(slot);
  EXPECT_TRUE(house.authenticator.busy()) << "one still waits";
  house.authenticator.leave(95);
  EXPECT_FALSE(house.authenticator.busy());
  for (uint32_t slot = 0; slot < limits::guesses_at_once - limits::verifications_max; slot++) {
    EXPECT_EQ(house.ask(slot, basic("joe:" + std::to_string(slot))).kind, Kind::later);
  }
  EXPECT_EQ(house.ask(50, basic("joe:50")).kind, Kind::too_often) << "who hangs up has guessed all the same";
}

} // namespace
} // namespace minhttp::test
