// SPDX-License-Identifier: MIT
#include "tls/names.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace minhttp::tls {
namespace {

using Number = std::optional<uint32_t>;

TEST(Names, AnExactNameWinsOverAWildcard) {
  auto names = std::make_unique<Names>();
  EXPECT_TRUE(names->add("*.example.org", 0));
  EXPECT_TRUE(names->add("WWW.example.org", 1));
  EXPECT_TRUE(names->add("www.example.org", 2));
  EXPECT_EQ(names->find("www.example.org"), Number(1)) << "of two the first";
  EXPECT_EQ(names->find("Www.Example.Org."), Number(1));
  EXPECT_EQ(names->find("x.example.org"), Number(0));
  EXPECT_EQ(names->find("a.x.example.org"), Number());
  EXPECT_EQ(names->find("example.org"), Number());
  EXPECT_EQ(names->find("*.example.org"), Number()) << "no host has a star";
}

TEST(Names, WhatIsNoNameIsNotFound) {
  auto names = std::make_unique<Names>();
  for (std::string bad : {"", ".", "*.", "*", "a b", "a..b.", ".a", "*.*.a", "a\0b", "\xff", "10.0.0.1/8"}) {
    EXPECT_EQ(names->find(bad), Number()) << bad;
  }
  EXPECT_FALSE(names->add("*", 0));
  EXPECT_FALSE(names->add("*.*.org", 0));
  EXPECT_FALSE(names->add("w*.org", 0));
  EXPECT_FALSE(names->add("", 0));
  EXPECT_FALSE(names->add(std::string(254, 'a'), 0));
  EXPECT_TRUE(names->add(std::string(253, 'a'), 0));
  EXPECT_EQ(names->find(std::string(253, 'A')), Number(0));
  EXPECT_EQ(names->find(std::string(254, 'a')), Number());
}

TEST(Names, WhatDoesNotFitIsLeftOut) {
  auto names = std::make_unique<Names>();
  size_t count = 0;
  while (names->add("host-" + std::to_string(count) + ".example.org", 3)) count++;
  EXPECT_EQ(count, limits::tls_names);
  EXPECT_EQ(names->find("host-1023.example.org"), Number(3));
  EXPECT_EQ(names->find("host-1024.example.org"), Number());
  names->clear();
  EXPECT_EQ(names->find("host-1.example.org"), Number());
}

TEST(Names, OneCertificateCoversAnother) {
  auto names = std::make_unique<Names>();
  names->add("a.test", 0);
  names->add("b.test", 1);
  names->add("A.test", 1);
  EXPECT_TRUE(names->covers(1, 0));
  EXPECT_FALSE(names->covers(0, 1));
  EXPECT_FALSE(names->covers(1, 2)) << "one without names";
}

TEST(ServerName, IsReadFromTheExtension) {
  auto extension = [](const std::string& host, char type = 0) {
    auto number = [](size_t n) { return std::string{static_cast<char>(n >> 8), static_cast<char>(n)}; };
    std::string entry = std::string(1, type) + number(host.size()) + host;
    return number(entry.size()) + entry;
  };
  EXPECT_EQ(server_name(extension("example.org")), "example.org");
  EXPECT_EQ(server_name(extension("example.org", 1)), "");
  std::string whole = extension("example.org");
  for (size_t cut = 0; cut < whole.size(); cut++) EXPECT_EQ(server_name(whole.substr(0, cut)), "") << cut;
  whole[4] = 12;
  EXPECT_EQ(server_name(whole), "") << "longer than the extension";
}

} // namespace
} // namespace minhttp::tls
