// SPDX-License-Identifier: MIT
// Handshakes of a worker whose private keys are in another process (here: thread).
#include "tls/contexts.h"

#include <gtest/gtest.h>

#include "unit/tls/fixture.h"

namespace minhttp {
namespace {

using test::Client;
using test::Folder;
using test::Keys;
using test::Made;
using test::Outcome;
using test::shake_hands;
using tls::Step;

Made write_pair(const Folder& folder, const std::string& name, const std::string& kind, const test::Terms& terms = {}) {
  Made made = test::make_certificate(kind, terms);
  test::write_file(folder / (name + ".crt"), test::pem_of(made.certificate.get()));
  test::write_file(folder / (name + ".key"), test::pem_of(made.key.get()));
  return made;
}

class EachKind : public testing::TestWithParam<const char*> {};

TEST_P(EachKind, SignsInBothVersions) {
  Folder folder;
  Made made = write_pair(folder, "a", GetParam());
  Keys keys(folder, {"a"});
  ASSERT_TRUE(keys.started);
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Outcome outcome = shake_hands(keys, {.version = version});
    EXPECT_TRUE(outcome.done) << version;
    EXPECT_EQ(outcome.version, version);
    EXPECT_EQ(outcome.leaf, test::pem_of(made.certificate.get()));
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, EachKind, testing::Values("rsa2048", "rsa4096", "P-256", "P-384", "ed25519"));

TEST(Contexts, AClientGetsTheCertificateOfTheNameItWants) {
  Folder folder;
  Made first = write_pair(folder, "first", "P-256", {.names = {"one.test"}});
  Made exact = write_pair(folder, "exact", "P-256", {.names = {"www.two.test"}});
  Made wild = write_pair(folder, "wild", "P-256", {.names = {"*.two.test", "two.test"}});
  Made common = write_pair(folder, "common", "P-256", {.names = {}, .subject = "old.test"});
  Keys keys(folder, {"first", "exact", "wild", "common"});
  auto leaf = [&](const std::string& host) { return shake_hands(keys, {.host = host}).leaf; };
  EXPECT_EQ(leaf("one.test"), test::pem_of(first.certificate.get()));
  EXPECT_EQ(leaf("WWW.two.test"), test::pem_of(exact.certificate.get()));
  EXPECT_EQ(leaf("any.two.test"), test::pem_of(wild.certificate.get()));
  EXPECT_EQ(leaf("two.test"), test::pem_of(wild.certificate.get()));
  EXPECT_EQ(leaf("old.test"), test::pem_of(common.certificate.get()));
  EXPECT_EQ(leaf("a.b.two.test"), test::pem_of(first.certificate.get())) << "a wildcard is one label";
  EXPECT_EQ(leaf("unknown.test"), test::pem_of(first.certificate.get()));
  EXPECT_EQ(leaf(""), test::pem_of(first.certificate.get()));
}

TEST(Contexts, OfTwoKindsForOneNameAClientGetsWhatItKnows) {
  Folder folder;
  Made rsa = write_pair(folder, "rsa", "rsa2048");
  Made other = write_pair(folder, "other", "P-256", {.names = {"other.test"}});
  Made ecdsa = write_pair(folder, "ecdsa", "P-256", {.names = {"more.test", "localhost"}});
  Keys keys(folder, {"rsa", "other", "ecdsa"});
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Outcome modern = shake_hands(keys, {.version = version, .signatures = "ECDSA+SHA256:RSA-PSS+SHA256"});
    EXPECT_EQ(modern.leaf, test::pem_of(ecdsa.certificate.get()));
    Outcome old = shake_hands(keys, {.version = version, .signatures = "RSA-PSS+SHA256:RSA+SHA256"});
    EXPECT_EQ(old.leaf, test::pem_of(rsa.certificate.get()));
  }
  EXPECT_TRUE(shake_hands(keys, {.version = TLS1_2_VERSION, .signatures = "RSA+SHA256"}).done) << "PKCS #1";
}

TEST(Contexts, TheWholeChainIsShown) {
  Folder folder;
  Made authority = test::make_certificate("P-256", {.names = {}, .subject = "an authority"});
  Made made = test::make_certificate("P-256", {}, &authority);
  test::write_file(folder / "a.crt",
                   test::pem_of(made.certificate.get()) + "text between\n" + test::pem_of(authority.certificate.get()));
  test::write_file(folder / "a.key", test::pem_of(made.key.get()));
  Keys keys(folder, {"a"});
  EXPECT_EQ(shake_hands(keys, {}).chain, 2);
}

TEST(Contexts, ThePolicyRefusesWhatIsOld) {
  Folder folder;
  write_pair(folder, "a", "rsa2048");
  Keys keys(folder, {"a"});
  EXPECT_FALSE(shake_hands(keys, {.version = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0"}).done);
  EXPECT_FALSE(shake_hands(keys, {.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}).done)
      << "no RSA exchange";
  EXPECT_FALSE(shake_hands(keys, {.version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-SHA256"}).done) << "no CBC";
  EXPECT_FALSE(shake_hands(keys, {.version = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256"}).done);
  EXPECT_TRUE(shake_hands(keys, {.version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-CHACHA20-POLY1305"}).done);
  EXPECT_EQ(shake_hands(keys, {}).group, "X25519");
}

TEST(Contexts, ModernIsTls13Only) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"}, {.policy = {.modern = true}});
  EXPECT_FALSE(shake_hands(keys, {.version = TLS1_2_VERSION}).done);
  EXPECT_EQ(shake_hands(keys, {}).version, TLS1_3_VERSION);
}

TEST(Contexts, TheProtocolIsChosenByAlpn) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"});
  EXPECT_EQ(shake_hands(keys, {}).protocol, tls::Protocol::http1);
  EXPECT_EQ(shake_hands(keys, {.protocols = {"http/1.1"}}).protocol, tls::Protocol::http1);
  EXPECT_EQ(shake_hands(keys, {.protocols = {"http/1.1", "h2"}}).protocol, tls::Protocol::http2) << "we choose";
  EXPECT_FALSE(shake_hands(keys, {.protocols = {"spdy/3", "h3"}}).done);
}

class Tickets : public testing::TestWithParam<int> {};

TEST_P(Tickets, ASessionIsResumedForItsHostNameOnly) {
  Folder folder;
  write_pair(folder, "a", "P-256", {.names = {"one.test", "two.test"}});
  Keys keys(folder, {"a"});
  Outcome first = shake_hands(keys, {.host = "one.test", .version = GetParam()});
  ASSERT_TRUE(first.done);
  EXPECT_FALSE(first.resumed);
  Client again = {.host = "ONE.test", .version = GetParam(), .session = first.session.get()};
  EXPECT_TRUE(shake_hands(keys, again).resumed);
  again.host = "two.test"; // OpenSSL alone would resume it, as the certificate is the same
  Outcome other = shake_hands(keys, again);
  EXPECT_TRUE(other.done);
  EXPECT_FALSE(other.resumed);
}

TEST_P(Tickets, AKeyOpensUntilItsSuccessorIsReplaced) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"});
  Outcome first = shake_hands(keys, {.version = GetParam()});
  int64_t now_s = time(nullptr);
  Client again = {.version = GetParam(), .session = first.session.get()};
  keys.store().look(now_s + limits::tls_ticket_s + 1, false);
  EXPECT_TRUE(shake_hands(keys, again).resumed);
  keys.store().look(now_s + 2 * limits::tls_ticket_s + 2, false);
  Outcome late = shake_hands(keys, again);
  EXPECT_TRUE(late.done);
  EXPECT_FALSE(late.resumed);
}

TEST_P(Tickets, AnotherServerDoesNotOpenThem) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Outcome first;
  {
    Keys keys(folder, {"a"});
    first = shake_hands(keys, {.version = GetParam()});
  }
  Keys keys(folder, {"a"});
  Outcome second = shake_hands(keys, {.version = GetParam(), .session = first.session.get()});
  EXPECT_TRUE(second.done);
  EXPECT_FALSE(second.resumed);
}

INSTANTIATE_TEST_SUITE_P(Versions, Tickets, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

// Clients with certificates.
class Clients : public testing::Test {
 protected:
  Clients() {
    write_pair(folder, "a", "P-256");
    test::write_file(folder / "ca.pem", test::pem_of(authority.certificate.get()));
  }
  Folder folder;
  Made authority = test::make_certificate("P-256", {.names = {}, .subject = "our people"});
  Made person = test::make_certificate("P-256", {.names = {}, .subject = "An, \"E\n"}, &authority);
  Made old = test::make_certificate("P-256", {.names = {}, .subject = "gone", .begins = -9, .ends = -1}, &authority);
  Made stranger = test::make_certificate("P-256", {.names = {}, .subject = "stranger"});
};

TEST_F(Clients, RequiredMeansThatOthersAreRefused) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Keys keys(folder, {"a"}, {.policy = {.clients = tls::ClientCertificates::required}, .client_ca = true});
    Outcome known = shake_hands(keys, {.version = version, .certificate = &person});
    EXPECT_TRUE(known.done);
    EXPECT_EQ(known.client, "CN=An\\, \\\"E\\0A") << "no character may end a line of the log";
    EXPECT_FALSE(shake_hands(keys, {.version = version}).done);
    EXPECT_FALSE(shake_hands(keys, {.version = version, .certificate = &stranger}).done);
    EXPECT_FALSE(shake_hands(keys, {.version = version, .certificate = &old}).done);
  }
}

TEST_F(Clients, OptionalMeansNoneOrAGoodOne) {
  Keys keys(folder, {"a"}, {.policy = {.clients = tls::ClientCertificates::optional}, .client_ca = true});
  EXPECT_NE(shake_hands(keys, {.certificate = &person}).client, "");
  Outcome nobody = shake_hands(keys, {});
  EXPECT_TRUE(nobody.done);
  EXPECT_EQ(nobody.client, "");
  EXPECT_FALSE(shake_hands(keys, {.certificate = &stranger}).done);
}

TEST_F(Clients, ASessionIsForgottenWithItsAuthority) {
  Keys keys(folder, {"a"}, {.policy = {.clients = tls::ClientCertificates::required}, .client_ca = true});
  Outcome first = shake_hands(keys, {.certificate = &person});
  Client again = {.session = first.session.get(), .certificate = &person};
  Outcome second = shake_hands(keys, again);
  EXPECT_TRUE(second.resumed);
  EXPECT_EQ(second.client, first.client) << "a resumed session knows its client";
  Made others = test::make_certificate("P-256", {.names = {}, .subject = "other people"});
  test::write_file(folder / "ca.pem", test::pem_of(others.certificate.get()));
  keys.reload();
  EXPECT_FALSE(shake_hands(keys, again).done);
}

// A connection that had begun before would else get a ticket of those who are known now.
TEST_F(Clients, WhoIsNoLongerKnownIsRefusedOnAnOlderConnection) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test::write_file(folder / "ca.pem", test::pem_of(authority.certificate.get()));
    Keys keys(folder, {"a"}, {.policy = {.clients = tls::ClientCertificates::required}, .client_ca = true});
    test::Handshake older(keys, {.version = version, .certificate = &person}, 1);
    Made others = test::make_certificate("P-256", {.names = {}, .subject = "other people"});
    Made known = test::make_certificate("P-256", {.names = {}, .subject = "known"}, &others);
    test::write_file(folder / "ca.pem", test::pem_of(others.certificate.get()));
    keys.reload();
    EXPECT_TRUE(shake_hands(keys, {.version = version, .certificate = &known}).done);
    Step step = Step::wants_read;
    while (step == Step::wants_read || step == Step::wants_key) {
      older.client_step();
      if (step == Step::wants_key) (void)test::turn(keys);
      step = older.step();
    }
    EXPECT_EQ(step, Step::failed);
  }
}

TEST(Contexts, AFreedConnectionNoLongerWaitsForItsSignature) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"});
  for (int i = 0; i < 200; i++) { // more than there are fibres
    test::Handshake both(keys, {}, 1);
    both.client_step();
    ASSERT_EQ(both.step(), Step::wants_key);
  }
  EXPECT_TRUE(shake_hands(keys, {}, 2).done);
}

TEST(Contexts, ManyHandshakesAtOnceAllEnd) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"});
  std::vector<std::unique_ptr<test::Handshake>> all;
  constexpr uint32_t count = 200; // most of them have to wait for a fibre first
  size_t waiting = 0;
  for (uint32_t slot = 0; slot < count; slot++) {
    all.push_back(std::make_unique<test::Handshake>(keys, Client{}, slot));
    all.back()->client_step();
    waiting += all.back()->step() == Step::wants_key ? 1U : 0U;
  }
  EXPECT_EQ(waiting, count);
  size_t done = 0;
  while (waiting > 0) {
    for (uint32_t slot : test::turn(keys)) {
      Step step = all[slot]->step();
      if (step == Step::wants_key) continue;
      ASSERT_EQ(step, Step::wants_read);
      waiting--;
      all[slot]->client_step();
      done += all[slot]->step() == Step::done ? 1U : 0U;
    }
  }
  EXPECT_EQ(done, count);
}

// Those with a ticket need a fibre too, but no signature: nothing comes over the channel that would wake others.
TEST(Contexts, HandshakesThatNeedNoSignatureAreNotLeftAsleep) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"});
  Outcome first = shake_hands(keys, {});
  std::vector<std::unique_ptr<test::Handshake>> all;
  constexpr uint32_t full = limits::tls_signatures; // they take all fibres
  constexpr uint32_t count = full + 190;
  for (uint32_t slot = 0; slot < count; slot++) {
    all.push_back(
        std::make_unique<test::Handshake>(keys, Client{.session = slot < full ? nullptr : first.session.get()}, slot));
    all.back()->client_step();
    ASSERT_EQ(all.back()->step(), Step::wants_key);
  }
  size_t waiting = count;
  while (waiting > 0 && !testing::Test::HasFailure()) {
    std::vector<uint32_t> woken;
    if (keys.contexts().wants_turn()) {
      uint32_t slots[tls::Contexts::turn_max];
      woken.assign(slots, slots + keys.contexts().turn(slots));
      ASSERT_GT(woken.size(), 0U);
    } else {
      woken = test::turn(keys);
    }
    for (uint32_t slot : woken) {
      Step step = all[slot]->step();
      if (step == Step::wants_key) continue;
      ASSERT_EQ(step, Step::wants_read);
      waiting--;
    }
  }
  EXPECT_EQ(waiting, 0U);
}

TEST(Contexts, WithoutItsKeyProcessHandshakesFail) {
  Folder folder;
  write_pair(folder, "a", "P-256");
  Keys keys(folder, {"a"});
  ASSERT_TRUE(shake_hands(keys, {}).done);
  keys.stop();
  test::Handshake both(keys, {}, 3);
  both.client_step();
  Step step = both.step();
  if (step == Step::wants_key) { // the request was sent before the end was known
    EXPECT_EQ(test::turn(keys), std::vector<uint32_t>{3});
    step = both.step();
  }
  EXPECT_EQ(step, Step::failed);
  EXPECT_EQ(test::turn(keys).size(), 0U);
  EXPECT_EQ(keys.contexts().fd(), -1);
}

} // namespace
} // namespace minhttp
