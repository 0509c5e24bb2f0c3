// SPDX-License-Identifier: MIT
#include "auth/verifier.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "unit/panic.h"

namespace minhttp::test {
namespace {

using auth::CredentialTag;
using auth::Verification;
using auth::Verifier;
using auth::Waiter;

constexpr std::string_view right_password = "secret";

// Two slices with the shortest passwords: 1000 rounds of one block.
const CryptHash& quick_hash() {
  static const CryptHash hash = [] {
    CryptHash made;
    made.rounds = 1000;
    made.salt_size = 1;
    made.salt[0] = 's';
    // `openssl passwd -6 -salt 'rounds=1000$s' secret`
    EXPECT_EQ(
        parse_crypt(
            "$6$rounds=1000$s$jWKWW4frHd2UJCMnzN3684fspPDUebzE6OnlK.F/bIYlUl9ch1/YyU4YMwEz1ya6974pdkzQ/w/5/LikcSsVm.",
            made),
        CryptMistake::none);
    return made;
  }();
  return hash;
}

struct Desk {
  explicit Desk(size_t count) : places(count), waiters(64), verifier(places, waiters) {}
  std::vector<Verification> places;
  std::vector<Waiter> waiters;
  Verifier verifier;

  static CredentialTag tag(uint8_t name) { return {name}; }

  // What Authenticator does: it joins, or begins where there is room.
  bool ask(uint32_t slot, uint8_t name, std::string_view password = right_password, bool known = true,
           const CryptHash& hash = quick_hash()) {
    if (verifier.join(slot, tag(name))) return true;
    if (verifier.full()) return false;
    IpAddress peer = {name};
    verifier.begin(
        slot, {.tag = tag(name), .peer = peer, .password = password, .hash = hash, .account = name, .known = known});
    return true;
  }
  // Slices until a check is done; how many it took.
  int until_done() {
    int slices = 1;
    while (verifier.step() == nullptr) {
      if (!verifier.busy()) return 0;
      slices++;
    }
    return slices;
  }
  std::vector<Verifier::Answer> answers() {
    std::vector<Verifier::Answer> all;
    while (auto answer = verifier.take()) all.push_back(*answer);
    return all;
  }
};

TEST(Verifier, WithoutChecksItIsNotBusy) {
  Desk desk(2);
  EXPECT_FALSE(desk.verifier.busy());
  EXPECT_EQ(desk.verifier.step(), nullptr);
  EXPECT_FALSE(desk.verifier.take());
  desk.verifier.leave(5);
}

TEST(Verifier, ResultsOfRightWrongAndUnknownPasswords) {
  struct {
    const char* password;
    bool known;
    bool right;
  } const cases[] = {{"secret", true, true}, {"Secret", true, false}, {"secret", false, false}, {"", false, false}};
  for (auto c : cases) {
    Desk desk(2);
    ASSERT_TRUE(desk.ask(3, 9, c.password, c.known));
    EXPECT_TRUE(desk.verifier.waits(3));
    EXPECT_EQ(desk.until_done(), 2) << "the same work in every case";
    auto answers = desk.answers();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].slot, 3U);
    EXPECT_EQ(answers[0].right, c.right) << c.password << c.known;
    EXPECT_FALSE(answers[0].stale);
    EXPECT_EQ(answers[0].account, c.right ? 9U : 0U) << "nobody else's number";
    EXPECT_FALSE(desk.verifier.waits(3));
    EXPECT_FALSE(desk.verifier.busy());
  }
}

TEST(Verifier, ASliceIsBoundedWhateverThePassword) {
  for (size_t size : {size_t{0}, size_t{6}, size_t{40}, size_t{100}, limits::password_max}) {
    Desk desk(1);
    std::string password(size, 'x');
    ASSERT_TRUE(desk.ask(1, 1, password));
    uint32_t blocks = desk.places[0].check.blocks_a_round();
    uint32_t rounds_a_slice = limits::verification_blocks / blocks;
    EXPECT_EQ(desk.until_done(), (1000 + static_cast<int>(rounds_a_slice) - 1) / static_cast<int>(rounds_a_slice));
  }
}

TEST(Verifier, TheSameCredentialsShareACheck) {
  Desk desk(2);
  for (uint32_t slot : {7U, 3U, 9U, 1U}) ASSERT_TRUE(desk.ask(slot, 1));
  EXPECT_THROW(desk.ask(7, 1), Panic) << "a slot waits once";
  desk.verifier.leave(3);
  desk.verifier.leave(3);
  EXPECT_EQ(desk.until_done(), 2);
  std::vector<uint32_t> slots;
  for (auto answer : desk.answers()) slots.push_back(answer.slot);
  EXPECT_EQ(slots, (std::vector<uint32_t>{7, 9, 1})) << "in the order in which they came";
}

TEST(Verifier, WaitsAloneOnlyWithoutOthersForTheSameCheck) {
  Desk desk(2);
  EXPECT_FALSE(desk.verifier.waits_alone(3)) << "it does not wait";
  ASSERT_TRUE(desk.ask(3, 1));
  EXPECT_TRUE(desk.verifier.waits_alone(3));
  ASSERT_TRUE(desk.ask(4, 1));
  EXPECT_FALSE(desk.verifier.waits_alone(3));
  EXPECT_FALSE(desk.verifier.waits_alone(4));
  desk.verifier.leave(3);
  EXPECT_TRUE(desk.verifier.waits_alone(4));
}

TEST(Verifier, ChecksTakeTurns) {
  CryptHash slow = quick_hash();
  slow.rounds = 512 * 20;
  Desk desk(4);
  ASSERT_TRUE(desk.ask(1, 1, "x", true, slow));
  for (int i = 0; i < 3; i++) EXPECT_EQ(desk.verifier.step(), nullptr);
  ASSERT_TRUE(desk.ask(2, 2));
  ASSERT_TRUE(desk.ask(3, 3));
  EXPECT_LE(desk.until_done(), 6) << "two slices of each before a short one is done";
  EXPECT_EQ(desk.answers().size(), 1U);
  EXPECT_LE(desk.until_done(), 2);
  EXPECT_EQ(desk.answers().size(), 1U);
  EXPECT_TRUE(desk.verifier.waits(1));
  EXPECT_EQ(desk.until_done(), 20 - 3 - 1);
}

TEST(Verifier, IsFullWithAllChecksUnderWay) {
  Desk desk(2);
  EXPECT_TRUE(desk.ask(1, 1));
  EXPECT_TRUE(desk.ask(2, 2));
  EXPECT_TRUE(desk.verifier.full());
  EXPECT_FALSE(desk.ask(3, 3));
  EXPECT_TRUE(desk.ask(4, 1)) << "those under way can be joined";
  desk.verifier.leave(2);
  EXPECT_TRUE(desk.ask(3, 3)) << "nobody waited for that one any more";
  CryptHash hash = quick_hash();
  CredentialTag tag = {};
  IpAddress peer = {};
  EXPECT_THROW(desk.verifier.begin(5, {tag, peer, "x", hash, 0, true}), Panic);
}

TEST(Verifier, LeavingWhileResultsAreTaken) {
  Desk desk(2);
  for (uint32_t slot : {1U, 2U, 3U}) ASSERT_TRUE(desk.ask(slot, 1));
  desk.until_done();
  EXPECT_THROW(desk.verifier.step(), Panic) << "take() first";
  EXPECT_EQ(desk.verifier.take()->slot, 1U);
  EXPECT_TRUE(desk.ask(1, 1)) << "asks anew, by a check of its own";
  desk.verifier.leave(2);
  desk.verifier.leave(3);
  EXPECT_FALSE(desk.verifier.take());
  EXPECT_TRUE(desk.verifier.waits(1));
  EXPECT_EQ(desk.until_done(), 2);
  EXPECT_EQ(desk.answers().size(), 1U);
  EXPECT_FALSE(desk.verifier.busy());
}

TEST(Verifier, ForgettingMakesChecksUnderWayStale) {
  Desk desk(3);
  ASSERT_TRUE(desk.ask(1, 1));
  ASSERT_TRUE(desk.ask(2, 2));
  desk.verifier.forget_all();
  ASSERT_TRUE(desk.ask(3, 1)) << "not by the old check";
  int stale = 0;
  int right = 0;
  while (desk.verifier.busy()) {
    (void)desk.verifier.step();
    for (auto answer : desk.answers()) {
      stale += answer.stale ? 1 : 0;
      right += answer.right ? 1 : 0;
      EXPECT_EQ(answer.stale, answer.slot != 3);
    }
  }
  EXPECT_EQ(stale, 2);
  EXPECT_EQ(right, 1);
  EXPECT_TRUE(desk.ask(4, 4)) << "only those of then are stale";
  EXPECT_EQ(desk.until_done(), 2);
  EXPECT_TRUE(desk.answers().at(0).right);
}

// Against a list of waiting slots for each name.
TEST(Verifier, RandomOperations) {
  CryptHash cheap = quick_hash();
  cheap.rounds = 600;
  Desk desk(3);
  std::map<uint8_t, std::deque<uint32_t>> waiting;
  std::mt19937 random(12);
  int answered = 0;
  for (int i = 0; i < 3000; i++) {
    auto slot = static_cast<uint32_t>(random() % 12);
    auto name = static_cast<uint8_t>(1 + random() % 6);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2: {
        if (desk.verifier.waits(slot)) break;
        bool taken = waiting.count(name) > 0 || waiting.size() < 3;
        ASSERT_EQ(desk.ask(slot, name, "x", true, cheap), taken);
        if (taken) waiting[name].push_back(slot);
        break;
      }
      case 3:
        desk.verifier.leave(slot);
        for (auto& [other, slots] : waiting) std::erase(slots, slot);
        std::erase_if(waiting, [](const auto& entry) { return entry.second.empty(); });
        break;
      default: {
        const Verification* done = desk.verifier.step();
        if (done == nullptr) break;
        auto expected = waiting.at(done->tag[0]);
        waiting.erase(done->tag[0]);
        for (auto answer : desk.answers()) {
          ASSERT_FALSE(expected.empty());
          ASSERT_EQ(answer.slot, expected.front());
          expected.pop_front();
          answered++;
        }
        ASSERT_TRUE(expected.empty());
      }
    }
    ASSERT_EQ(desk.verifier.busy(), !waiting.empty());
    ASSERT_EQ(desk.verifier.full(), waiting.size() == 3);
  }
  EXPECT_GT(answered, 200);
}

} // namespace
} // namespace minhttp::test
