// SPDX-License-Identifier: MIT
#include "auth/passwords.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "unit/guard.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

using auth::Account;
using auth::PasswordMistake;
using auth::Passwords;

const std::string digest = "ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.";
const std::string hash = "$6$abcdefgh$" + digest;

// A file, read out of memory that ends at an unmapped page.
struct File {
  std::vector<Account> accounts;
  Passwords passwords;
  std::vector<PasswordMistake> mistakes;
  size_t count = 0;

  explicit File(std::string_view text, size_t users = limits::users_max) : accounts(users), passwords(accounts) {
    read(text);
  }
  void read(std::string_view text) {
    Guard guard(text.size() + 1);
    mistakes.assign(20, {});
    count = passwords.read(guard.at_end(text), mistakes);
    mistakes.resize(std::min(mistakes.size(), count));
  }
  bool knows(std::string_view user) const { return passwords.look_up(user, 0).known; }
};

TEST(Passwords, OneUserALine) {
  File file("# who may come in\n\njoe:" + hash + "\nann:$6$rounds=9000$s$" + digest +
            "\r\n#bob:x\nj\xc3\xb6rg@x.org:" + hash);
  ASSERT_EQ(file.count, 0U);
  ASSERT_EQ(file.passwords.size(), 3U);
  EXPECT_EQ(file.passwords.name(0), "joe");
  EXPECT_EQ(file.passwords.name(1), "ann");
  EXPECT_EQ(file.passwords.name(2), "j\xc3\xb6rg@x.org");
  EXPECT_THROW((void)file.passwords.name(3), Panic);
  auto ann = file.passwords.look_up("ann", 0);
  EXPECT_TRUE(ann.known);
  EXPECT_EQ(ann.account, 1U);
  EXPECT_EQ(ann.hash.rounds, 9000U);
  for (const char* stranger : {"", "jo", "joe ", "joee", "Joe", "bob", "#bob"})
    EXPECT_FALSE(file.knows(stranger)) << stranger;
}

TEST(Passwords, UnknownUsersCostAsMuchAsKnownOnes) {
  File file("joe:" + hash + "\nann:$6$rounds=9000$s$" + digest + "\n");
  for (uint64_t stand_in : {uint64_t{0}, uint64_t{1}, uint64_t{7}, UINT64_MAX}) {
    auto nobody = file.passwords.look_up("nobody", stand_in);
    EXPECT_FALSE(nobody.known);
    EXPECT_EQ(nobody.account, stand_in % 2);
    EXPECT_EQ(nobody.hash.rounds, stand_in % 2 == 0 ? 5000U : 9000U);
    EXPECT_EQ(file.passwords.look_up("joe", stand_in).account, 0U) << "a known one is itself";
  }
}

TEST(Passwords, MistakesSayWhatToDo) {
  const std::pair<std::string, const char*> cases[] = {
      {"joe", "no colon"},
      {":" + hash, "a name is"},
      {"joe smith:" + hash, "a name is"},
      {" joe:" + hash, "a name is"},
      {"jo\"e:" + hash, "a name is"},
      {"jo\\e:" + hash, "a name is"},
      {"jo\x1b[0m:" + hash, "a name is"},
      {std::string("jo\0e:", 5) + hash, "a name is"},
      {std::string(65, 'j') + ":" + hash, "1 to 64 bytes"},
      {"joe:", "no hash behind the colon"},
      {"joe: " + hash, "no hash"},
      {"joe:secret", "plain password"},
      {"joe:rqXexS6ZhobKA", "DES"},
      {"joe:$apr1$abcdefgh$xyz", "Apache's MD5"},
      {"joe:$1$abcdefgh$xyz", "MD5"},
      {"joe:$2y$05$xyz", "bcrypt"},
      {"joe:$2b$05$xyz", "bcrypt"},
      {"joe:$5$abc$xyz", "SHA-256"},
      {"joe:$y$j9T$abc$xyz", "yescrypt"},
      {"joe:$7$abc", "scrypt"},
      {"joe:$argon2id$v=19$", "Argon2"},
      {"joe:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SHA}"},
      {"joe:{SSHA}abc", "{SHA}"},
      {"joe:$8$abc$xyz", "only $6$"},
      {"joe:$6", "only $6$"},
      {"joe:!" + hash, "locked"},
      {"joe:*", "locked"},
      {"joe:$6$rounds=999$s$" + digest, "1000 to 999999999"},
      {"joe:$6$rounds=1000001$s$" + digest, "keep the server busy"},
      {"joe:$6$seventeen.letters$" + digest, "the salt"},
      {"joe:$6$abcdefgh$" + digest.substr(1), "86 characters"},
      {"joe:" + hash + ":19000:0:99999:7:::", "86 characters"},
      {"joe:" + hash + " ", "86 characters"},
      {"joe:" + hash + "\r\r", "86 characters"},
  };
  for (const auto& [line, words] : cases) {
    File file("ann:" + hash + "\n" + line + "\n");
    ASSERT_EQ(file.count, 1U) << line;
    EXPECT_EQ(file.mistakes[0].line, 2U) << line;
    EXPECT_NE(file.mistakes[0].what.find(words), std::string::npos) << line << " gives " << file.mistakes[0].what;
    EXPECT_EQ(file.passwords.size(), 0U) << "nothing is half applied";
  }
  EXPECT_EQ(File("joe:$6$rounds=1000000$s$" + digest).count, 0U);
  EXPECT_EQ(File(std::string(64, 'j') + ":" + hash).count, 0U);
}

TEST(Passwords, MistakesOfTheWholeFile) {
  for (const char* text : {"", "\n\n", "# nobody\n", "\r\n"}) {
    File file(text);
    ASSERT_EQ(file.count, 1U);
    EXPECT_EQ(file.mistakes[0].line, 0U);
    EXPECT_NE(file.mistakes[0].what.find("no user"), std::string::npos);
  }
  File marked("\xef\xbb\xbfjoe:" + hash + "\n");
  ASSERT_EQ(marked.count, 1U);
  EXPECT_EQ(marked.mistakes[0].line, 1U);

  File twice("joe:" + hash + "\nann:" + hash + "\n\njoe:" + hash + "\n");
  ASSERT_EQ(twice.count, 1U);
  EXPECT_EQ(twice.mistakes[0].line, 4U);
  EXPECT_EQ(twice.mistakes[0].other_line, 1U);
}

TEST(Passwords, Bounds) {
  std::string line = "joe:" + hash + "\n";
  std::string text = line + std::string(limits::password_file_max - line.size(), '#');
  EXPECT_EQ(File(text).count, 0U);
  File longer(text + "#");
  ASSERT_EQ(longer.count, 1U);
  EXPECT_EQ(longer.mistakes[0].line, 0U);

  text.clear();
  for (int i = 0; i < 5; i++) text += "user" + std::to_string(i) + ":" + hash + "\n";
  EXPECT_EQ(File(text, 5).count, 0U);
  File full(text + text, 4);
  ASSERT_EQ(full.count, 5U) << "one for the first that is too much, four for those twice";
  EXPECT_EQ(full.mistakes[0].line, 5U);

  File all_wrong(std::string(100'000, '\n') + std::string(1000, 'x') + "\n:\n" + std::string(50'000, '\n') + "y");
  EXPECT_EQ(all_wrong.count, 3U);
  EXPECT_EQ(all_wrong.mistakes[0].line, 100'001U);

  std::vector<Account> accounts(2);
  Passwords passwords(accounts);
  PasswordMistake one[1];
  EXPECT_EQ(passwords.read("a\nb\nc\n", one), 3U) << "all are counted";
  EXPECT_EQ(one[0].line, 1U);
  EXPECT_EQ(passwords.read("a\nb\nc\n", {}), 3U);
}

TEST(Passwords, ReadingAgainReplacesAll) {
  File file("joe:" + hash + "\nann:" + hash + "\n");
  EXPECT_TRUE(file.knows("ann"));
  file.read("joe:" + hash + "\n");
  EXPECT_EQ(file.count, 0U);
  EXPECT_FALSE(file.knows("ann"));
  file.read("joe\n");
  EXPECT_EQ(file.passwords.size(), 0U);
  EXPECT_THROW((void)file.knows("joe"), Panic);
}

TEST(Passwords, RandomFiles) {
  std::mt19937 random(9);
  for (int i = 0; i < 300; i++) {
    std::map<std::string, uint32_t> expected;
    std::string text;
    bool twice = false;
    for (auto lines = 1 + random() % 20; lines > 0; lines--) {
      std::string name(1 + random() % 3, 'a');
      for (char& c : name) c = static_cast<char>('a' + random() % 4);
      auto rounds = static_cast<uint32_t>(1000 + random() % 9000);
      twice = !expected.emplace(name, rounds).second || twice;
      text += name + ":$6$rounds=" + std::to_string(rounds) + "$s$" + digest + "\n";
    }
    File file(text);
    ASSERT_EQ(file.count > 0, twice);
    if (twice) continue;
    ASSERT_EQ(file.passwords.size(), expected.size());
    for (const auto& [name, rounds] : expected) {
      auto found = file.passwords.look_up(name, random());
      ASSERT_TRUE(found.known);
      ASSERT_EQ(found.hash.rounds, rounds);
      ASSERT_EQ(file.passwords.name(found.account), name);
      ASSERT_EQ(file.knows(name + "x"), expected.count(name + "x") > 0);
    }
  }
}

} // namespace
} // namespace minhttp::test
