// SPDX-License-Identifier: MIT
#include "http/host.h"

#include <gtest/gtest.h>

namespace minhttp::http {
namespace {

TEST(CanonicalHost, IsTheFormInWhichHostsAreCompared) {
  for (auto name :
       {"example.com", "localhost", "default", "a_b-c.example", "127.0.0.1", "[::1]", "xn--bcher-kva.example"}) {
    EXPECT_TRUE(is_canonical_host(name)) << name;
  }
}

TEST(CanonicalHost, IsNoOtherNameOfAHost) {
  for (auto name : {"", "Example.com", "example.com.", "example.com:80", "a/b", "a b", "[::1",
                    "b\xc3\xbc"
                    "cher.example",
                    "user@a"}) {
    EXPECT_FALSE(is_canonical_host(name)) << name;
  }
}

} // namespace
} // namespace minhttp::http
