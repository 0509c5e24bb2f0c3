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

} // namespace
} // namespace minhttp
