#include "serve/gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/encode.h"

namespace minhttp::test {
namespace {

using serve::Decision;
using serve::Gate;
using Kind = serve::Decision::Kind;

// The passwords are "secret" and "Hello world!" (sha512_crypt_test.cc).
constexpr std::string_view file =
    "joe:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n"
    "ann:$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1\n";

std::string basic(std::string_view credentials) { return "Basic " + base64(credentials); }

struct House {
  House()
      : room(8),
        passwords(room),
        remembered(64),
        guessers(64),
        under_way(limits::verifications_max),
        waiters(100),
        gate(KeyedHash::Key{42}, {remembered, guessers, under_way, waiters}) {
    EXPECT_EQ(passwords.read(file, {}), 0U);
  }
  std::vector<site::Account> room;
  site::Passwords passwords;
  std::vector<serve::Remembered> remembered;
  std::vector<serve::Guesser> guessers;
  std::vector<serve::Verification> under_way;
  std::vector<serve::Waiter> waiters;
  Gate gate;
  int64_t now = 1'000'000;
  int slices = 0;

  Decision ask(uint32_t slot, std::string_view authorization, uint8_t client = 1, uint32_t scope = 0) {
    return gate.ask(slot, mapped({10, 0, 0, client}), passwords, scope, authorization, now);
  }
  // To the end of all checks: what each slot is told.
  std::vector<Gate::Finished> finish() {
    std::vector<Gate::Finished> all;
    while (gate.busy()) {
      gate.step(now);
      slices++;
      while (auto finished = gate.finished()) all.push_back(*finished);
    }
    return all;
  }
  // Asks and waits.
  Kind learn(std::string_view credentials, uint8_t client = 1, uint32_t scope = 0) {
    Decision decision = ask(1, basic(credentials), client, scope);
    if (decision.kind != Kind::later) return decision.kind;
    auto all = finish();
    EXPECT_EQ(all.size(), 1U);
    return all.at(0).decision.kind;
  }
};

TEST(Gate, WithoutACheck) {
  House house;
  EXPECT_EQ(house.ask(1, "").kind, Kind::missing);
  for (const char* value : {"Basic", "Basic xyz", "Bearer abcd", "Basic YWJj", "Basic OmFi"}) {
    EXPECT_EQ(house.ask(1, value).kind, Kind::malformed) << value;
  }
  EXPECT_FALSE(house.gate.busy());
  house.passwords.read("", {});
  EXPECT_EQ(house.ask(1, basic("joe:secret")).kind, Kind::malformed) << "nobody may come in";
}

TEST(Gate, WhoMayComeIn) {
  House house;
  EXPECT_EQ(house.learn("joe:secret"), Kind::granted);
  EXPECT_EQ(house.learn("ann:Hello world!"), Kind::granted);
  for (const char* wrong : {"joe:Secret", "joe:", "joe:secret ", "joe:Hello world!", "ann:secret", "bob:secret",
                            "Joe:secret", "j:oe:secret", "joe:s:ecret", "bob:Hello world!"}) {
    EXPECT_EQ(house.learn(wrong), Kind::wrong) << wrong;
  }
}

TEST(Gate, AnswersWithTheAccount) {
  House house;
  ASSERT_EQ(house.ask(5, basic("ann:Hello world!")).kind, Kind::later);
  EXPECT_TRUE(house.gate.waits(5));
  auto all = house.finish();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].slot, 5U);
  EXPECT_EQ(house.passwords.name(all[0].decision.account), "ann");
  Decision again = house.ask(6, basic("ann:Hello world!"));
  EXPECT_EQ(again.kind, Kind::granted);
  EXPECT_EQ(house.passwords.name(again.account), "ann");
}

TEST(Gate, FiftyRequestsPayForOneHash) {
  House house;
  for (uint32_t slot = 0; slot < 6; slot++) ASSERT_EQ(house.ask(slot, basic("joe:secret")).kind, Kind::later);
  EXPECT_EQ(house.finish().size(), 6U);
  int first = house.slices;
  for (uint32_t slot = 6; slot < 50; slot++) ASSERT_EQ(house.ask(slot, basic("joe:secret")).kind, Kind::granted);
  EXPECT_EQ(house.slices, first);
  EXPECT_EQ(first, (5000 + 511) / 512);
}

TEST(Gate, RememberedForAWhile) {
  House house;
  ASSERT_EQ(house.learn("joe:secret"), Kind::granted);
  house.now += limits::verified_ms - 1;
  EXPECT_EQ(house.ask(1, basic("joe:secret")).kind, Kind::granted);
  house.now += 1;
  EXPECT_EQ(house.ask(1, basic("joe:secret")).kind, Kind::later);
}

TEST(Gate, WrongOnesAreNotRemembered) {
  House house;
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(house.learn("joe:wrong"), Kind::wrong);
    EXPECT_EQ(house.slices, (i + 1) * 10);
  }
}

TEST(Gate, NeitherPasswordNorNameStaysInMemory) {
  House house;
  std::string password = "A longer passphrase, easy to find";
  (void)house.ask(1, basic("joe:" + password));
  (void)house.finish();
  ASSERT_EQ(house.learn("joe:secret"), Kind::granted);
  std::string memory(reinterpret_cast<const char*>(house.remembered.data()),
                     house.remembered.size() * sizeof(serve::Remembered));
  memory.append(reinterpret_cast<const char*>(house.under_way.data()),
                house.under_way.size() * sizeof(serve::Verification));
  for (const char* secret : {"secret", "passphrase", "joe"}) EXPECT_EQ(memory.find(secret), memory.npos) << secret;
}

TEST(Gate, ScopesAndForgetting) {
  House house;
  ASSERT_EQ(house.learn("joe:secret"), Kind::granted);
  EXPECT_EQ(house.ask(1, basic("joe:secret"), 1, 7).kind, Kind::later) << "another file's joe";
  EXPECT_EQ(house.finish().at(0).decision.kind, Kind::granted);

  ASSERT_EQ(house.ask(2, basic("ann:Hello world!")).kind, Kind::later);
  house.gate.forget_all();
  EXPECT_EQ(house.ask(3, basic("joe:secret")).kind, Kind::later);
  EXPECT_EQ(house.ask(4, basic("ann:Hello world!")).kind, Kind::later) << "does not join a check of before";
  for (auto finished : house.finish()) {
    EXPECT_EQ(finished.decision.kind, finished.slot == 2 ? Kind::again : Kind::granted) << finished.slot;
  }
}

TEST(Gate, GuessingIsSlowed) {
  House house;
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

TEST(Gate, RightOnesCostNoGuess) {
  House house;
  for (uint32_t scope = 0; scope < 3 * limits::guesses_at_once; scope++) {
    ASSERT_EQ(house.learn("joe:secret", 1, scope), Kind::granted);
  }
}

// Guesses that are sent all at once, before the first has failed.
TEST(Gate, ParallelGuessesAreBounded) {
  House house;
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
  for (uint32_t slot = 0; slot < 90; slot++) house.gate.leave(slot);
  EXPECT_TRUE(house.gate.busy()) << "one still waits";
  house.gate.leave(95);
  EXPECT_FALSE(house.gate.busy());
  for (uint32_t slot = 0; slot < limits::guesses_at_once - limits::verifications_max; slot++) {
    EXPECT_EQ(house.ask(slot, basic("joe:" + std::to_string(slot))).kind, Kind::later);
  }
  EXPECT_EQ(house.ask(50, basic("joe:50")).kind, Kind::too_often) << "who hangs up has guessed all the same";
}

} // namespace
} // namespace minhttp::test
