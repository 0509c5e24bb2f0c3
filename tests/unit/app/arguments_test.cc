// SPDX-License-Identifier: MIT
// Arguments as the shell hands them over, and the one clear line about a bad one.

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/options.h"
#include "app/settings.h"
#include "unit/app/caught.h"

namespace minhttp::test {
namespace {

struct Read {
  std::optional<int> status;
  app::Config config;
  std::string out;
  std::string error;
};

Read read(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
  arguments.insert(arguments.begin(), "minhttp");
  environment.push_back(nullptr);
  Read result;
  std::fflush(stdout);
  Caught out(1);
  Caught error(2);
  result.status = app::read_settings(arguments, environment.data(), result.config);
  result.out = out.text();
  result.error = error.text();
  return result;
}

void expect_refused(const std::vector<const char*>& arguments, const std::string& message) {
  Read result = read(arguments);
  EXPECT_EQ(result.status, 2) << message;
  EXPECT_EQ(result.error, message + "\n");
  EXPECT_EQ(result.out, "");
}

TEST(Arguments, WithoutArgumentsTheDefaultsHold) {
  Read result = read({});
  EXPECT_EQ(result.status, std::nullopt);
  EXPECT_EQ(result.config.directory, nullptr);
  EXPECT_EQ(result.config.port, 8080U);
  EXPECT_EQ(result.config.listen.count, 0U);
  EXPECT_EQ(result.out + result.error, "");
}

TEST(Arguments, ADirectoryAndOptionsInAnyOrder) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"site", "--port", "81", "--loop", "plain"},
                                                                     {"--port=81", "--loop=plain", "site"},
                                                                     {"--port", "81", "site", "--loop=plain"}}) {
    Read result = read(arguments);
    EXPECT_EQ(result.status, std::nullopt);
    EXPECT_STREQ(result.config.directory, "site");
    EXPECT_EQ(result.config.port, 81U);
    EXPECT_EQ(result.config.loop, static_cast<uint64_t>(app::Loop::plain));
  }
}

TEST(Arguments, EveryNumberHasItsBounds) {
#define GROUP(title)
#define SWITCH(member, name, help)
#define CHOICE(member, standard, choices, name, help)
#define LISTEN(member, name, value, help)
#define NUMBER(member, standard, least, most, name, value, help)                                \
  {                                                                                             \
    auto low = static_cast<uint64_t>(least);                                                    \
    auto high = static_cast<uint64_t>(most);                                                    \
    EXPECT_EQ(app::Config().member, static_cast<uint64_t>(standard));                           \
    EXPECT_TRUE(app::Config().member >= low && app::Config().member <= high) << name;           \
    EXPECT_EQ(read({name, std::to_string(low).c_str()}).config.member, low);                    \
    EXPECT_EQ(read({name, std::to_string(high).c_str()}).config.member, high);                  \
    EXPECT_EQ(read({name, std::to_string(high + 1).c_str()}).status, 2) << name;                \
    EXPECT_EQ(read({name, std::to_string(low - 1).c_str()}).status, 2) << name; /* or 2^64-1 */ \
    EXPECT_EQ(read({name, "99999999999999999999999"}).status, 2) << name;                       \
  }
#define DURATION(member, standard, least, most, name, value, help) EXPECT_EQ(app::Config().member, uint64_t{standard});
#define ROOT(name, value, help) LISTEN(http, name, value, help)
#define TEXT(member, longest, name, value, help) LISTEN(member, name, value, help)
#define TEXTS(member, most, longest, name, value, help) LISTEN(member, name, value, help)
#define BLOCK(allow, name, value, help) LISTEN(allow, name, value, help)
#include "tables/options.def"
}

TEST(Arguments, BadNumbers) {
  expect_refused({"--port", "65536"}, "minhttp: --port takes a number from 0 to 65535, not '65536'");
  expect_refused({"--port="}, "minhttp: --port takes a number from 0 to 65535, not ''");
  for (const char* value : {"-1", "+1", "0x50", "80a", " 80", "8 0", "eighty"}) {
    expect_refused({"--port", value},
                   std::string("minhttp: --port takes a number from 0 to 65535, not '") + value + "'");
  }
}

TEST(Arguments, Choices) {
  EXPECT_EQ(read({"--log", "off"}).config.log, static_cast<uint64_t>(app::LogChoice::off));
  EXPECT_EQ(read({"--log", "case-study"}).config.log, static_cast<uint64_t>(app::LogChoice::case_study));
  EXPECT_EQ(read({"--log", "common"}).config.log, static_cast<uint64_t>(app::LogChoice::common));
  EXPECT_EQ(read({"--log", "auto"}).config.log, static_cast<uint64_t>(app::LogChoice::automatic));
  EXPECT_EQ(read({"--loop", "epoll"}).config.loop, static_cast<uint64_t>(app::Loop::epoll));
  expect_refused({"--loop", "uring"}, "minhttp: --loop takes one of plain|epoll, not 'uring'");
  for (const char* value : {"", "plai", "plain|epoll", "PLAIN", "|"}) {
    EXPECT_EQ(read({"--loop", value}).status, 2) << value;
  }
}

TEST(Arguments, Switches) {
  EXPECT_FALSE(read({}).config.listing);
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--listing", "site"}, {"site", "--listing"}, {"--listing=on", "site"}}) {
    Read result = read(arguments);
    EXPECT_FALSE(result.status);
    EXPECT_TRUE(result.config.listing);
  }
  expect_refused({"--listing"}, "minhttp: --listing needs a site: name a directory");
  EXPECT_STREQ(read({"--listing", "site"}).config.directory, "site");
  expect_refused({"--listing=maybe", "site"},
                 "minhttp: --listing takes on or off, true or false, yes or no, 1 or 0, not 'maybe'");
  expect_refused({"site", "--listing", "--listing"}, "minhttp: --listing is given twice");
  expect_refused({"--listings"},
                 "minhttp: there is no option --listings; did you mean --listing? (minhttp --help shows all)");
}

TEST(Arguments, ListenOnAUnixSocket) {
  auto endpoint = app::parse_endpoint("unix:/run/s,mode=660,owner=www-data");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->file.path, "/run/s");
  EXPECT_EQ(endpoint->file.mode, 0660U);
  EXPECT_EQ(endpoint->file.owner, "www-data");
  EXPECT_EQ(app::parse_endpoint("unix:./s")->file.mode, 0666U);
  EXPECT_EQ(app::parse_endpoint("unix:/" + std::string(106, 'x'))->file.path.size(), 107U);
  for (const char* bad : {"unix:", "unix:s", "unix:@s", "unix:/s,", "unix:/s,mode", "unix:/s,mode=", "unix:/s,mode=8",
                          "unix:/s,mode=1000", "unix:/s,mode=77777777777777777777", "unix:/s,owner=", "unix:/s,=1"}) {
    bool refused = !app::parse_endpoint(bad).has_value();
    EXPECT_EQ(refused, std::string_view(bad) != "unix:/s,") << bad; // a comma at the end is harmless
  }
  EXPECT_FALSE(app::parse_endpoint("unix:/" + std::string(107, 'x')));
  EXPECT_TRUE(app::parse_endpoint("127.0.0.1:80")->file.path.empty());
}

TEST(Arguments, Listen) {
  Read result = read({"--listen", "81", "--listen=127.0.0.1:82", "--listen", "[::1]:83"});
  ASSERT_EQ(result.status, std::nullopt);
  ASSERT_EQ(result.config.listen.count, 3U);
  EXPECT_TRUE(result.config.listen.endpoints[0].address.both);
  EXPECT_EQ(loop::port_of(result.config.listen.endpoints[0].address.socket), 81);
  EXPECT_EQ(loop::ip_of(result.config.listen.endpoints[1].address.socket), mapped({127, 0, 0, 1}));
  EXPECT_EQ(loop::port_of(result.config.listen.endpoints[1].address.socket), 82);
  EXPECT_EQ(loop::ip_of(result.config.listen.endpoints[2].address.socket), *parse_ipv6("::1"));
  EXPECT_EQ(loop::port_of(result.config.listen.endpoints[2].address.socket), 83);
  EXPECT_FALSE(result.config.listen.endpoints[2].address.both);
  EXPECT_TRUE(app::parse_address(":84")->both);
  EXPECT_EQ(loop::port_of(app::parse_address(":84")->socket), 84);
  EXPECT_EQ(loop::ip_of(app::parse_address("localhost:85")->socket), mapped({127, 0, 0, 1}));
  std::vector<const char*> many(limits::listeners_max, "--listen=80");
  EXPECT_EQ(read(many).status, std::nullopt);
  many.push_back("--listen=80");
  expect_refused(many, "minhttp: --listen can be given 8 times at most");
}

TEST(Arguments, BadAddresses) {
  for (const char* value : {"",
                            ":",
                            "a:80",
                            "127.0.0.1",
                            "127.0.0.1:",
                            "127.0.0.1:65536",
                            "127.0.0.256:80",
                            "::1:80",
                            "[::1]",
                            "[::1]:",
                            "[::1:80",
                            "::1]:80",
                            "[]:80",
                            "[127.0.0.1]:80",
                            "127.0.0.1:80:80",
                            "localhost",
                            "localhost:",
                            "localhos:80",
                            " 80",
                            "-1",
                            "80 "}) {
    EXPECT_FALSE(app::parse_address(value)) << value;
    expect_refused({"--listen", value},
                   std::string("minhttp: --listen takes 8080, :8080, localhost:8080, 127.0.0.1:8080, [::1]:8080 or "
                               "unix:/PATH[,mode=660][,owner=USER], not '") +
                       value + "'");
  }
}

TEST(Arguments, UnknownOptionsAreRefused) {
  expect_refused({"--prot", "80"},
                 "minhttp: there is no option --prot; did you mean --port? (minhttp --help shows all)");
  expect_refused({"--prot"}, "minhttp: there is no option --prot; did you mean --port? (minhttp --help shows all)");
  expect_refused({"--loops=plain"},
                 "minhttp: there is no option --loops; did you mean --loop? (minhttp --help shows all)");
  expect_refused({"--something-else"}, "minhttp: there is no option --something-else (minhttp --help shows all)");
  expect_refused({"--zzz", "c.pem"}, "minhttp: there is no option --zzz (minhttp --help shows all)");
  expect_refused({"-port", "80"}, "minhttp: there is no option -port; did you mean --port? (minhttp --help shows all)");
  expect_refused(
      {"--secure-header"},
      "minhttp: there is no option --secure-header; did you mean --secure-headers? (minhttp --help shows all)");
  expect_refused({"--spi"}, "minhttp: there is no option --spi; did you mean --spa? (minhttp --help shows all)");
  for (const char* other : {"--key", "--tls", "--dir", "--host-name", "--root"}) {
    expect_refused({other}, std::string("minhttp: there is no option ") + other + " (minhttp --help shows all)");
  }
  expect_refused({"-x"}, "minhttp: there is no option -x (minhttp --help shows all)");
}

TEST(Arguments, AValueIsMissing) { expect_refused({"--port"}, "minhttp: --port needs a value"); }

TEST(Arguments, TwoDirectories) {
  expect_refused({"a", "b"}, "minhttp: one directory at a time: 'a' and 'b' are given");
  expect_refused({"chek", "site"},
                 "minhttp: one directory at a time: 'chek' and 'site' are given; did you mean minhttp check site?");
}

TEST(Arguments, ADirectoryWithoutAName) {
  expect_refused({""}, "minhttp: the directory's name is empty; write . for the one that you are in");
  expect_refused({"site", ""}, "minhttp: the directory's name is empty; write . for the one that you are in");
}

TEST(Arguments, ExplainBelongsToCheck) {
  expect_refused({"site", "--explain", "/"},
                 "minhttp: --explain is an option of check: minhttp check DIR --explain /path");
  EXPECT_EQ(read({"check", "site", "--explain", "/a"}).config.explain, "/a");
  EXPECT_EQ(read({"check", "site", "--explain=/a?b=c"}).config.explain, "/a?b=c");
  expect_refused({"check", "site", "--explain"}, "minhttp: --explain needs a value");
  expect_refused({"check", "site", "--explain="}, "minhttp: --explain takes a path like /about");
}

TEST(Arguments, ControlCharactersAreNotPrinted) {
  EXPECT_EQ(read({"--\x1b[31m"}).error, "minhttp: there is no option --?[31m (minhttp --help shows all)\n");
}

TEST(Arguments, ALongArgumentIsCutInTheMessage) {
  std::string argument = "--" + std::string(5000, 'x');
  Read result = read({argument.c_str()});
  EXPECT_EQ(result.status, 2);
  EXPECT_LE(result.error.size(), 1024U);
  EXPECT_EQ(result.error.back(), '\n');
}

TEST(Arguments, HelpNamesEveryOptionAndItsDefault) {
  for (const char* wish : {"--help", "-h"}) {
    Read result = read({wish});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.error, "");
    std::string words; // without the line breaks of the help texts
    for (char c : result.out) {
      if (c == '\n') c = ' ';
      if (c != ' ' || words.empty() || words.back() != ' ') words += c;
    }
    for (const app::Option& option : app::options()) {
      std::string name(app::name_of(option));
      if (option.kind == app::OptionKind::group) {
        EXPECT_NE(result.out.find("\n" + name + ":\n"), std::string::npos) << name;
        continue;
      }
      std::string value(app::value_of(option));
      if (option.kind == app::OptionKind::root) continue;
      EXPECT_NE(result.out.find("  " + name + (value.empty() ? "" : " " + value)), std::string::npos) << name;
      EXPECT_EQ(value.empty(), option.kind == app::OptionKind::on_off) << name;
      std::string help(app::help_of(option));
      if (option.kind == app::OptionKind::duration) {
        char text[24];
        Writer duration(text);
        app::write_duration(duration, option.standard);
        help += " [" + std::string(duration.view()) + "]";
      }
      if (option.kind == app::OptionKind::number) help += " [" + std::to_string(option.standard) + "]";
      EXPECT_NE(words.find(help), std::string::npos) << name;
    }
  }
}

TEST(Arguments, HelpFitsATerminalAndNamesNoSourceFile) {
  std::string help = read({"--help"}).out;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_EQ(help.find("docs/"), std::string::npos) << "who has the binary has no docs";
}

TEST(Arguments, ShortForms) {
  EXPECT_EQ(read({"-p", "81"}).config.port, 81U);
  EXPECT_EQ(read({"-p=82"}).config.port, 82U);
  EXPECT_EQ(read({"-l", ":83"}).config.listen.count, 1U);
  EXPECT_EQ(read({"-V"}).status, 0);
  EXPECT_EQ(read({"-V"}).out, read({"--version"}).out);
}

TEST(Arguments, TwoDashesEndTheOptions) {
  Read result = read({"--port", "81", "--", "--site"});
  EXPECT_FALSE(result.status);
  EXPECT_STREQ(result.config.directory, "--site");
  EXPECT_STREQ(read({"-"}).config.directory, "-");
  EXPECT_EQ(read({"--"}).config.directory, nullptr);
}

TEST(Arguments, Version) {
  Read result = read({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out.substr(0, 8), "minhttp ");
  EXPECT_EQ(result.error, "");
}

} // namespace
} // namespace minhttp::test
