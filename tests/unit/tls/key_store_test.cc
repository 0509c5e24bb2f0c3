// SPDX-License-Identifier: MIT
// Files that are renewed, well and badly.
#include "tls/key_store.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "unit/tls/fixture.h"

namespace minhttp {
namespace {

using test::Folder;
using test::Keys;
using test::Made;
using test::shake_hands;

using Lines = std::vector<std::string>;

class Renewal : public testing::Test {
 protected:
  Renewal() { put(first); }
  void put(const Made& made) {
    test::write_file(folder / "a.crt", test::pem_of(made.certificate.get()));
    test::write_file(folder / "a.key", test::pem_of(made.key.get()));
  }
  // The lines since the last call, without the folder's name.
  Lines said() const {
    Lines lines = Keys::said();
    std::string name = (folder / "").string();
    for (std::string& line : lines) {
      for (size_t at; (at = line.find(name)) != std::string::npos;) line.erase(at, name.size());
    }
    return lines;
  }
  std::string used(Keys& keys) { return shake_hands(keys, {}).leaf; }
  static std::string pem(const Made& made) { return test::pem_of(made.certificate.get()); }

  Folder folder;
  Made first = test::make_certificate("P-256", {});
  int64_t now_s = time(nullptr);
};

TEST_F(Renewal, AGoodNewPairIsUsedByTheNextHandshake) {
  Keys keys(folder, {"a"});
  EXPECT_EQ(used(keys), pem(first));
  Made second = test::make_certificate("rsa2048", {}); // also one of another kind
  put(second);
  keys.reload();
  EXPECT_EQ(used(keys), pem(second));
  Lines lines = said();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(0, 45), "a.crt: new certificate in use, valid until 20");
  keys.reload();
  EXPECT_EQ(said(), Lines()) << "nothing is new";
}

TEST_F(Renewal, AHandshakeThatHasBegunKeepsItsKey) {
  Keys keys(folder, {"a"});
  test::Handshake both(keys, {}, 1);
  both.client_step();
  put(test::make_certificate("P-256", {}));
  keys.reload();
  ASSERT_EQ(both.step(), tls::Step::wants_key);
  while (test::turn(keys).empty()) continue;
  EXPECT_EQ(both.step(), tls::Step::wants_read);
  both.client_step();
  EXPECT_EQ(both.step(), tls::Step::done);
}

TEST_F(Renewal, WhatIsBadChangesNothingAndIsSaidOnce) {
  Made other = test::make_certificate("P-256", {});
  std::string certificate = pem(other);
  std::string key = test::pem_of(other.key.get());
  auto expired = test::make_certificate("P-256", {.begins = -20, .ends = -1});
  auto future = test::make_certificate("P-256", {.begins = 2, .ends = 20});
  auto short_key = test::make_certificate("rsa1024", {});
  auto odd_curve = test::make_certificate("P-521", {});
  struct Case {
    std::string certificate;
    std::string key;
    std::string line;
  };
  std::string stays = "; the present certificate stays in use";
  auto cases = {
      Case{certificate, test::pem_of(first.key.get()), "a.key does not belong to the certificate"},
      Case{pem(expired), test::pem_of(expired.key.get()), "a.crt has expired"},
      Case{pem(future), test::pem_of(future.key.get()), "a.crt is not valid yet (is the clock right?)"},
      Case{certificate.substr(0, certificate.size() / 2), key, "a.crt is broken, or only half written"},
      Case{certificate, key.substr(0, key.size() / 2),
           "a.key has no private key (PEM), or is broken, or only half written"},
      Case{"", key, "a.crt has no certificate (PEM: -----BEGIN CERTIFICATE-----)"},
      Case{std::string(100'000, 'x'), key, "a.crt is too large"},
      Case{pem(short_key), test::pem_of(short_key.key.get()), "a.key is an RSA key of less than 2048 bits"},
      Case{pem(odd_curve), test::pem_of(odd_curve.key.get()),
           "a.key is an ECDSA key of another curve than P-256 and P-384"},
  };
  Keys keys(folder, {"a"});
  for (const Case& bad : cases) {
    test::write_file(folder / "a.crt", bad.certificate);
    test::write_file(folder / "a.key", bad.key);
    keys.store().look(now_s + 10, false); // a file may be half written: it is looked at twice
    EXPECT_EQ(said(), Lines()) << bad.line;
    keys.store().look(now_s + 12, false);
    EXPECT_EQ(said(), Lines{bad.line + stays});
    keys.store().look(now_s + 72, false);
    EXPECT_EQ(said(), Lines()) << "once";
    EXPECT_EQ(used(keys), pem(first));
    keys.store().look(now_s + 13 + limits::tls_day_s, false);
    EXPECT_EQ(said(), Lines{bad.line + stays}) << "daily";
  }
  put(other);
  keys.reload();
  EXPECT_EQ(used(keys), pem(other)) << "and what is good again is taken";
}

TEST_F(Renewal, ACertificateIsUsedWhenItsTimeHasCome) {
  Keys keys(folder, {"a"});
  Made next = test::make_certificate("P-256", {.begins = 1, .ends = 90});
  put(next);
  keys.store().look(now_s + 10, false);
  keys.store().look(now_s + 12, false);
  EXPECT_EQ(said(), Lines{"a.crt is not valid yet (is the clock right?); the present certificate stays in use"});
  keys.store().look(now_s + limits::tls_day_s / 2, false);
  EXPECT_EQ(used(keys), pem(first));
  EXPECT_FALSE(keys.store().look(now_s + limits::tls_day_s + 60, false));
  EXPECT_EQ(used(keys), pem(next)) << "its files have not changed";
  EXPECT_EQ(said().size(), 1U);
  keys.store().look(now_s + 3 * limits::tls_day_s, false);
  EXPECT_EQ(said(), Lines()) << "nothing is bad any more";
}

TEST_F(Renewal, WhatCouldNotBeReadOnceIsReadAgain) {
  Keys keys(folder, {"a"});
  Made next = test::make_certificate("P-256", {});
  put(next);
  struct rlimit usual = {};
  getrlimit(RLIMIT_NOFILE, &usual);
  struct rlimit none = {0, usual.rlim_max}; // no further descriptor
  setrlimit(RLIMIT_NOFILE, &none);
  keys.store().look(now_s + 10, false);
  keys.store().look(now_s + 12, false);
  setrlimit(RLIMIT_NOFILE, &usual);
  Lines lines = said();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(0, 23), "a.crt cannot be opened:");
  keys.store().look(now_s + 72, false);
  EXPECT_EQ(used(keys), pem(next));
}

class Authorities : public Renewal {
 protected:
  Authorities() { test::write_file(ca, text); }

  std::filesystem::path ca = folder / "ca.pem";
  std::string text = pem(test::make_certificate("P-256", {.names = {}, .subject = "our people"}));
  std::string other = pem(test::make_certificate("P-256", {.names = {}, .subject = "other people"}));
  Keys::Wanted wanted = {.policy = {.clients = tls::ClientCertificates::required}, .client_ca = true};
  const Lines broken{"ca.pem is broken, or only half written; clients' certificates are verified as before"};
  const Lines renewed{"ca.pem: clients' certificates are verified with the new ones"};
};

TEST_F(Authorities, ABadFileIsSaidAtOnceToWhoAsksAndElseDaily) {
  Keys keys(folder, {"a"}, wanted);
  test::write_file(ca, other.substr(0, other.size() / 2));
  for (int i = 0; i < 2; i++) { // SIGHUP, and once more
    EXPECT_FALSE(keys.store().look(now_s + 10 + i, true));
    EXPECT_EQ(said(), broken);
  }
  keys.store().look(now_s + 72, false);
  EXPECT_EQ(said(), Lines());
  keys.store().look(now_s + 20 + limits::tls_day_s, false);
  EXPECT_EQ(said(), broken) << "daily";
}

TEST_F(Authorities, WhatIsBadAgainIsSaidAgain) {
  Keys keys(folder, {"a"}, wanted);
  for (int64_t later_s : {10, 110}) {
    test::write_file(ca, other.substr(0, other.size() / 2));
    EXPECT_TRUE(keys.store().look(now_s + later_s, false)) << "it may be half written";
    EXPECT_EQ(said(), Lines());
    keys.store().look(now_s + later_s + 2, false);
    EXPECT_EQ(said(), broken);
    test::write_file(ca, later_s == 10 ? other : text);
    keys.store().look(now_s + later_s + 60, false);
    EXPECT_EQ(said(), renewed);
  }
}

TEST_F(Authorities, AFileThatWasWrittenJustNowMayNotBeWhole) {
  Keys keys(folder, {"a"}, wanted);
  test::write_file(ca, other); // another one follows in it
  EXPECT_TRUE(keys.store().look(time(nullptr), false));
  EXPECT_EQ(said(), Lines());
  EXPECT_FALSE(keys.store().look(now_s + 10, false));
  EXPECT_EQ(said(), renewed);
}

TEST_F(Renewal, AFileThatIsMissingOrLockedIsSaid) {
  Keys keys(folder, {"a"});
  std::filesystem::remove(folder / "a.key");
  keys.store().look(now_s + 10, false);
  EXPECT_TRUE(keys.store().look(now_s + 12, true) == false);
  EXPECT_EQ(said(), Lines{"a.key cannot be opened: no such file or directory; the present certificate stays in use"});
  EXPECT_EQ(used(keys), pem(first));
}

TEST_F(Renewal, ALinkThatIsReplacedIsNoticed) {
  Made second = test::make_certificate("P-256", {});
  Folder live;
  test::write_file(folder / "b.crt", pem(second));
  test::write_file(folder / "b.key", test::pem_of(second.key.get()));
  for (const char* end : {"crt", "key"}) {
    std::filesystem::create_symlink(folder / (std::string("a.") + end), live / (std::string("site.") + end));
  }
  Keys keys(live, {"site"});
  EXPECT_EQ(used(keys), pem(first));
  for (const char* end : {"crt", "key"}) {
    std::filesystem::remove(live / (std::string("site.") + end));
    std::filesystem::create_symlink(folder / (std::string("b.") + end), live / (std::string("site.") + end));
  }
  keys.store().look(now_s + 10, false);
  EXPECT_EQ(used(keys), pem(second));
}

TEST_F(Renewal, ACertificateThatEndsSoonIsSaidDaily) {
  put(test::make_certificate("P-256", {.begins = -80, .ends = 10}));
  Keys keys(folder, {"a"});
  Lines lines = said();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("a.crt ends in 9 days (20") || lines[0].starts_with("a.crt ends in 10 days (20"));
  keys.store().look(now_s + 100, false);
  EXPECT_EQ(said(), Lines());
  keys.store().look(now_s + limits::tls_day_s + 1, false);
  EXPECT_EQ(said().size(), 1U);
  keys.store().look(now_s + 11 * limits::tls_day_s, false);
  lines = said();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("has expired on"), std::string::npos);
}

TEST_F(Renewal, ACertificateOfSixDaysIsNotSaidFromTheStart) {
  put(test::make_certificate("P-256", {.begins = 0, .ends = 6}));
  Keys keys(folder, {"a"});
  EXPECT_EQ(said(), Lines());
  keys.store().look(now_s + 5 * limits::tls_day_s, false);
  EXPECT_EQ(said().size(), 1U);
}

TEST_F(Renewal, AtTheStartAnExpiredCertificateServesAndABrokenOneDoesNot) {
  put(test::make_certificate("P-256", {.begins = -80, .ends = -1}));
  {
    Keys keys(folder, {"a"});
    EXPECT_TRUE(keys.started);
    EXPECT_EQ(said(), Lines{"a.crt has expired; it is used all the same, as there is no other"});
  }
  test::write_file(folder / "a.key", "");
  Keys broken(folder, {"a"});
  EXPECT_FALSE(broken.started);
  EXPECT_EQ(said(), Lines{"a.key has no private key (PEM), or is broken, or only half written"});
}

TEST_F(Renewal, NamesThatNobodyCanReadAreNamedSo) {
  Made broken = test::make_certificate("P-256", {.names = {}});
  ASN1_OCTET_STRING* bytes = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(bytes, reinterpret_cast<const unsigned char*>("\x30\x05xx"), 4);
  X509_EXTENSION* names = X509_EXTENSION_create_by_NID(nullptr, NID_subject_alt_name, 0, bytes);
  X509_add_ext(broken.certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  ASN1_OCTET_STRING_free(bytes);
  X509_sign(broken.certificate.get(), broken.key.get(), EVP_sha256());
  put(broken);
  Keys keys(folder, {"a"});
  EXPECT_FALSE(keys.started);
  EXPECT_EQ(said(), Lines{"a.crt has broken names (subjectAltName)"});
}

TEST_F(Renewal, AnEncryptedKeyIsNamedSo) {
  FILE* file = fopen((folder / "a.key").c_str(), "w");
  char phrase[] = "secret";
  PEM_write_PrivateKey(file, first.key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr, phrase);
  fclose(file);
  Keys keys(folder, {"a"});
  EXPECT_FALSE(keys.started);
  EXPECT_EQ(said(), Lines{"a.key is encrypted, and there is nobody to ask for its passphrase"});
}

TEST_F(Renewal, BothMayStandInOneFile) {
  test::write_file(folder / "a.crt", pem(first) + test::pem_of(first.key.get()));
  test::write_file(folder / "a.key", test::pem_of(first.key.get()) + pem(first));
  Keys keys(folder, {"a"});
  EXPECT_EQ(used(keys), pem(first));
}

TEST_F(Renewal, OneIsMadeWhereNoneIsGiven) {
  Keys keys(folder, {}, {.self_names = {"localhost", "192.0.2.7", "::1"}});
  ASSERT_TRUE(keys.started);
  test::Outcome outcome = shake_hands(keys, {});
  ASSERT_TRUE(outcome.done);
  BIO* text = BIO_new_mem_buf(outcome.leaf.data(), static_cast<int>(outcome.leaf.size()));
  test::Owned<X509> leaf(PEM_read_bio_X509(text, nullptr, nullptr, nullptr));
  BIO_free(text);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "192.0.2.7", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
  EXPECT_EQ(X509_verify(leaf.get(), X509_get0_pubkey(leaf.get())), 1);
}

TEST_F(Renewal, OnlyHandshakesAreSigned) {
  Keys keys(folder, {"a"});
  tls::Request request = {
      .scheme = tls::Scheme::ecdsa_sha256, .key = {.certificate = 0, .generation = 1}, .message = {}};
  uint8_t to[limits::tls_signature_max];
  auto sign = [&](const std::string& message) {
    request.bytes = static_cast<uint16_t>(message.size());
    std::copy(message.begin(), message.end(), request.message);
    return keys.store().sign(request, to);
  };
  std::string good = std::string(64, ' ') + "TLS 1.3, server CertificateVerify" + std::string(33, '\0');
  EXPECT_GT(sign(good), 0U);
  std::string older = std::string(64, 'r') + "\x03" + std::string(1, '\0') + "\x1d\x20" + std::string(32, 'p');
  EXPECT_GT(sign(older), 0U);
  EXPECT_EQ(sign("pay to the bearer"), 0U);
  EXPECT_EQ(sign(good + "x"), 0U);
  EXPECT_EQ(sign(std::string(64, ' ') + "TLS 1.3, client CertificateVerify" + std::string(33, '\0')), 0U);
  EXPECT_EQ(sign(older + "x"), 0U);
  request.key.generation = 2;
  EXPECT_EQ(sign(good), 0U) << "there is no such generation";
  request.key = {.certificate = 1, .generation = 1};
  EXPECT_EQ(sign(good), 0U);
  request = {.scheme = tls::Scheme::rsa_pss_sha256, .key = {.certificate = 0, .generation = 1}, .message = {}};
  EXPECT_EQ(sign(good), 0U) << "the key is of another kind";
}

} // namespace
} // namespace minhttp
