// SPDX-License-Identifier: MIT
// Where the server says it is to be found. On a terminal: tests/e2e/test_terminal.py.

#include "app/announce.h"

#include <gtest/gtest.h>

#include "unit/app/caught.h"

namespace minhttp::test {
namespace {

using loop::Address;

app::Config serving(const std::vector<Address>& addresses) {
  app::Config config;
  config.directory = "site";
  for (const Address& address : addresses) config.listen.endpoints[config.listen.count++] = {.address = address};
  return config;
}

struct Said {
  std::string out;
  std::string error;
};

Said announced(const app::Config& config) {
  Caught out(1);
  Caught error(2);
  app::announce(config);
  return {out.text(), error.text()};
}

Address of(const char* text) { return *app::parse_address(text); }

TEST(Announce, ADirectoryIsAnnouncedOnStderrTheCaseStudyOnStdout) {
  app::Config config = serving({of("8080")});
  Said said = announced(config);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.error, "minhttp serving site at http://localhost:8080/\n");
  config.directory = nullptr;
  said = announced(config);
  EXPECT_EQ(said.out, "minhttp listening on port 8080...\n");
  EXPECT_EQ(said.error, "");
  config.hosts = "hosts";
  EXPECT_EQ(announced(config).error, "minhttp serving hosts at http://localhost:8080/\n");
}

TEST(Announce, UrlsAreShownAsTheyAreTyped) {
  auto url = [](const char* address, const char* base) {
    app::Config config = serving({of(address)});
    config.base_path = base;
    std::string line = announced(config).error;
    return line.substr(line.find("http:"), line.size() - 1 - line.find("http:"));
  };
  EXPECT_EQ(url("80", ""), "http://localhost/");
  EXPECT_EQ(url("[::1]:80", "/app"), "http://[::1]/app/");
  EXPECT_EQ(url("81", "/app/"), "http://localhost:81/app/");
  EXPECT_EQ(url("0.0.0.0:8000", "/"), "http://localhost:8000/");
  EXPECT_EQ(url("[::]:8000", ""), "http://localhost:8000/");
  EXPECT_EQ(url("192.0.2.1:443", "/a/b"), "http://192.0.2.1:443/a/b/");
}

TEST(Announce, ALineForEachUrlOnATerminal) {
  app::Config config = serving({of("80"), of("127.0.0.1:81"), of("192.0.2.9:82"), of("[::1]:83")});
  config.on_terminal = true;
  config.lan.addresses = {mapped({192, 0, 2, 1}), mapped({198, 51, 100, 1})};
  config.lan.count = 2;
  EXPECT_EQ(announced(config).error,
            "minhttp serving site\n"
            "  on this machine: http://localhost/\n"
            "  on the network:  http://192.0.2.1/\n"
            "  on the network:  http://198.51.100.1/\n"
            "  on this machine: http://127.0.0.1:81/\n"
            "  on the network:  http://192.0.2.9:82/\n"
            "  on this machine: http://[::1]:83/\n");
  config.directory = nullptr;
  config.listen.count = 1;
  Said said = announced(config);
  EXPECT_EQ(said.out, "minhttp listening on port 80...\n");
  EXPECT_NE(said.error.find("minhttp ."), std::string::npos);
}

} // namespace
} // namespace minhttp::test
