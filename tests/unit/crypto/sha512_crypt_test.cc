// SPDX-License-Identifier: MIT
#include "crypto/sha512_crypt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>
#include <string>

#include "unit/panic.h"
#ifdef MINHTTP_LIBCRYPT
#include <crypt.h>
#endif

namespace minhttp::test {
namespace {

CryptHash parsed(std::string_view text) {
  CryptHash hash;
  EXPECT_EQ(parse_crypt(text, hash), CryptMistake::none) << text;
  return hash;
}

bool check(std::string_view password, const CryptHash& hash, uint32_t slice = 1000) {
  CryptCheck check;
  check.start(password, hash);
  while (!check.advance(slice)) {
  }
  return check.matches();
}

std::string repeated(std::string_view text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

struct Known {
  std::string password;
  std::string_view hash;
};

// What `openssl passwd -6 -salt SALT` of OpenSSL 3.0 says; the two with an empty password or salt,
// which it refuses, are crypt(3)'s.
const Known known[] = {
    {"secret", "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."},
    {"Hello world!",
     "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
    {"Hello world!",
     "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/"
     "UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
    {"a", "$6$x$6Zqbz8j5rMHIeJ1ujjjFXuZXSa/VORj.fVUEQcJc.rjR9.wCKlhZuymRQLtIEzcxNmqwX/fRNvM45BbvFayY51"},
    {"correct horse battery staple",
     "$6$0123456789./ABCD$aEV0yDbcGL0XiPBMu8MI38iNZraElOpngdIVehICEgQqAu7KGkZeTOuf3LsiuLwYXTaSJ4d4FnoXn/JcWmE5n0"},
    {"gr\xc3\xbc\xc3\x9f"
     "e, \xe4\xb8\x96\xe7\x95\x8c",
     "$6$utf8$F6T3T2YTpe/JSo9Gq8tv/.AOa1yoJgbpSbsjGPchIFKnktIm6Im3aesbkSyM5KyAoLmcf9GujFTtgcn86Up3s1"},
    {"\xff\xfe\x80latin1\xe9",
     "$6$bytes$mZdGOkuWGzmKsnwWCi6qA7WH4QwyNVuEz/TJ8oQ84x.E2.aADN9MmN19t5XM5/m8zgUGBfp78zJNDmY7xdRZW0"},
    {repeated("x", 63),
     "$6$rounds=1000$len63$lWyTLxxbiaMHxhuAAP3BpoZXc2UuhWVBiqUW9l2N331hp7p4nF5CoxAmTDb/Xvooe6sO13YF8enH2kawg.zcR."},
    {repeated("x", 64),
     "$6$rounds=1000$len64$UXAK1VeR7AYxLeVQhTUSSESrdQu33YuNYGBWZ.Lcsy6fbywCkrxz7c6rL1uSoP6OWmFi1OatnyuTQlD6kyVKA/"},
    {repeated("x", 65),
     "$6$rounds=1000$len65$/dwmz46D4Nrnj3L7wWDhq69Ed69GkAlvn6Mp37L5IMZoO4kL2vfj235tX3tNhmPTyDBSyjt9twckXOdcmTwti."},
    {repeated("0123456789abcdef", 8),
     "$6$rounds=1001$len128$FMDQXmlKya9zymM2CORAQhlCVPFVmcsg3fFbUPwaYB4sYXYoc0GPRGdXyNyLQoW/ej0gGDaN1PXG6xK0OEtxW1"},
    {repeated("0123456789abcdef", 16),
     "$6$rounds=1999$len256$kZuxdKeMYzh.1bEOszSNONVv3Y.9NmIlbwPP3WOd/hVEhH.LjQS2V/vEqAAdKOv.HeRpbjQCiJY0sZG7FIPEQ."},
    {"with:colons: and spaces ",
     "$6$rounds=5000$five$BnYgWeVk.1RBd4ViHATuZ8vPoKDF4eMXwmvjit.OboZfl.0.XVMPlgNzJNMqyCQKZIeSfIv0xFqfHCH.TsgZM."},
    {"", "$6$nopassword$k2doi5KEklyMsUVGs1D1n05gSkQehICgOHVuXSZ/Y/nq0ESMNfPY1TBB33m5if2ox7S9FZiZH6sIDfVW6xIFk0"},
    {"secret", "$6$$2M9DchxW4txWyTYoZrH9D3VvAAQxBpEezYsLY6Cao.jwzEXpyL9xwip9hiUZX7GqTqe/E/z6iKvZqXUuqniQH."},
};

TEST(Sha512Crypt, HashesOfOtherToolsMatch) {
  for (const Known& one : known) {
    EXPECT_TRUE(check(one.password, parsed(one.hash))) << one.hash;
  }
}

TEST(Sha512Crypt, AnotherPasswordDoesNotMatch) {
  CryptHash hash = parsed(known[0].hash);
  for (const char* password : {"", "s", "secre", "secret ", "Secret", "secret\n", "terces"}) {
    EXPECT_FALSE(check(password, hash)) << password;
  }
}

// The digest, the salt and the rounds all count.
TEST(Sha512Crypt, AnotherHashDoesNotMatch) {
  for (size_t i = 0; i < 64; i += 9) {
    CryptHash hash = parsed(known[0].hash);
    hash.digest[i] ^= 0x10;
    EXPECT_FALSE(check("secret", hash)) << i;
  }
  CryptHash hash = parsed(known[0].hash);
  hash.rounds++;
  EXPECT_FALSE(check("secret", hash));
  hash = parsed(known[0].hash);
  hash.salt_size--;
  EXPECT_FALSE(check("secret", hash));
}

TEST(Sha512Crypt, SlicesDoNotChangeTheResult) {
  CryptHash hash = parsed(known[9].hash); // 1000 rounds
  for (uint32_t slice : {1U, 2U, 3U, 7U, 41U, 42U, 43U, 999U, 1000U, 1001U, UINT32_MAX}) {
    CryptCheck check;
    check.start(known[9].password, hash);
    uint32_t slices = 1;
    while (!check.advance(slice)) slices++;
    EXPECT_EQ(slices, (1000 + uint64_t{slice} - 1) / slice);
    EXPECT_TRUE(check.matches());
    EXPECT_TRUE(check.advance(slice)) << "there is nothing left to do";
    EXPECT_TRUE(check.matches());
  }
}

TEST(Sha512Crypt, TheResultBeforeTheLastRoundPanics) {
  CryptCheck check;
  EXPECT_THROW((void)check.matches(), Panic) << "never begun";
  check.start("secret", parsed(known[0].hash));
  EXPECT_FALSE(check.advance(0));
  EXPECT_FALSE(check.advance(4999));
  EXPECT_FALSE(check.done());
  EXPECT_THROW((void)check.matches(), Panic);
  EXPECT_TRUE(check.advance(1));
  EXPECT_TRUE(check.matches());
  check.wipe();
  EXPECT_THROW((void)check.matches(), Panic);
}

TEST(Sha512Crypt, NothingIsLeftAfterAWipe) {
  CryptCheck check;
  check.start(repeated("secret", 40), parsed(known[0].hash));
  check.advance(10);
  check.wipe();
  std::string bytes(reinterpret_cast<const char*>(&check), sizeof check);
  EXPECT_LE(bytes.size() - static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\0')), 30U)
      << "sizes and salt, but no digest and no password";
}

TEST(Sha512Crypt, CostPerRound) {
  CryptHash hash = parsed(known[4].hash); // a salt of 16
  CryptCheck check;
  const std::pair<int, uint32_t> cases[] = {{0, 1}, {15, 1}, {16, 2}, {79, 2}, {80, 3}, {256, 5}};
  for (auto [size, blocks] : cases) {
    check.start(repeated("x", size), hash);
    EXPECT_EQ(check.blocks_a_round(), blocks) << size;
  }
  EXPECT_THROW(check.start(repeated("x", 257), hash), Panic);
}

TEST(Sha512Crypt, MalformedHashesAreRefused) {
  const std::string digest = std::string(known[0].hash.substr(12));
  ASSERT_EQ(digest.size(), 86U);
  const std::pair<std::string, CryptMistake> cases[] = {
      {"", CryptMistake::kind},
      {"$", CryptMistake::kind},
      {"$6", CryptMistake::kind},
      {"$5$abc$" + digest, CryptMistake::kind},
      {"$y$j9T$abc$def", CryptMistake::kind},
      {"6$abc$" + digest, CryptMistake::kind},
      {" $6$abc$" + digest, CryptMistake::kind},
      {"$6$", CryptMistake::salt},
      {"$6$abc", CryptMistake::salt},
      {"$6$0123456789abcdefg$" + digest, CryptMistake::salt},
      {"$6$a b$" + digest, CryptMistake::salt},
      {"$6$a:b$" + digest, CryptMistake::salt},
      {"$6$a\x7f$" + digest, CryptMistake::salt},
      {"$6$\xc3\xbc$" + digest, CryptMistake::salt},
      {std::string("$6$a\0b$", 7) + digest, CryptMistake::salt},
      {"$6$rounds=1000", CryptMistake::salt},
      {"$6$rounds=1000$abc", CryptMistake::salt},
      {"$6$rounds=$abc$" + digest, CryptMistake::rounds},
      {"$6$rounds=", CryptMistake::rounds},
      {"$6$rounds=999$abc$" + digest, CryptMistake::rounds},
      {"$6$rounds=1000000000$abc$" + digest, CryptMistake::rounds},
      {"$6$rounds=99999999999999999999999$abc$" + digest, CryptMistake::rounds},
      {"$6$rounds=05000$abc$" + digest, CryptMistake::rounds},
      {"$6$rounds=+5000$abc$" + digest, CryptMistake::rounds},
      {"$6$rounds=5000 $abc$" + digest, CryptMistake::rounds},
      {"$6$abc$", CryptMistake::hash},
      {"$6$abc$" + digest.substr(1), CryptMistake::hash},
      {"$6$abc$" + digest + ".", CryptMistake::hash},
      {"$6$abc$" + digest + ":19000::", CryptMistake::hash},
      {"$6$abc$" + digest + " ", CryptMistake::hash},
      {"$6$abc$$" + digest, CryptMistake::hash},
      {"$6$abc$" + digest.substr(0, 85) + "2", CryptMistake::hash}, // the last digit has two bits only: ./01
      {"$6$abc$" + digest.substr(0, 85) + "z", CryptMistake::hash},
  };
  for (const auto& [text, mistake] : cases) {
    CryptHash hash;
    EXPECT_EQ(parse_crypt(text, hash), mistake) << text;
  }
  for (int c = 0; c < 256; c++) {
    bool good = c == '.' || c == '/' || (c < 128 && std::isalnum(c) != 0);
    for (size_t at : {size_t{0}, size_t{41}, size_t{83}}) {
      std::string changed = digest;
      changed[at] = static_cast<char>(c);
      CryptHash hash;
      EXPECT_EQ(parse_crypt("$6$abc$" + changed, hash), good ? CryptMistake::none : CryptMistake::hash) << c;
    }
  }
}

TEST(Sha512Crypt, RoundsAndSalt) {
  EXPECT_EQ(parsed(known[0].hash).rounds, 5000U);
  EXPECT_EQ(parsed(known[2].hash).rounds, 10000U);
  const std::string digest = std::string(known[0].hash.substr(12));
  EXPECT_EQ(parsed("$6$rounds=1000$s$" + digest).rounds, 1000U);
  EXPECT_EQ(parsed("$6$rounds=999999999$s$" + digest).rounds, 999'999'999U);
  EXPECT_EQ(parsed("$6$rounds$" + digest).salt_size, 6) << "a salt that looks like the word";
  EXPECT_EQ(parsed("$6$0123456789abcdef$" + digest).salt_size, 16);
}

#ifdef MINHTTP_LIBCRYPT
TEST(Sha512Crypt, SameAsTheCryptLibrary) {
  std::mt19937 random(6);
  const std::string digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (size_t size = 0; size <= limits::password_max; size += 1 + size / 8) {
    std::string password;
    while (password.size() < size) password.push_back(static_cast<char>(1 + random() % 255));
    std::string salt;
    for (auto left = random() % 17; left > 0; left--) salt.push_back(digits[random() % 64]);
    std::string setting = "$6$rounds=" + std::to_string(1000 + random() % 500) + "$" + salt + "$";
    crypt_data data = {};
    const char* text = crypt_r(password.c_str(), setting.c_str(), &data);
    ASSERT_NE(text, nullptr);
    EXPECT_TRUE(check(password, parsed(text))) << text;
  }
}
#endif

} // namespace
} // namespace minhttp::test
