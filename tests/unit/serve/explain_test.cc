// SPDX-License-Identifier: MIT
// What `minhttp check --explain` says about a response: each path through decide.cc.

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/serve/lock.h"
#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct Explain : RoutedSite {
  std::string why(std::string_view target, std::string_view fields = "", size_t size = 1000) {
    std::string memory(size, 0);
    serve::Trace notes(memory);
    trace = &notes;
    answer = ask(target, fields);
    trace = nullptr;
    return std::string(notes.text());
  }
  std::string answer;
};

TEST_F(Explain, FilesAndDirectories) {
  EXPECT_EQ(why("/file.txt"), "file: file.txt\ncached: no, browsers ask each time\n");
  EXPECT_EQ(why("/about"), "file: about.html\ncached: no, browsers ask each time before they show a page\n");
  EXPECT_EQ(why("/about/"), "a page: its name has no slash\n");
  EXPECT_EQ(why("/dir"), "a directory: redirect to its name with a slash\n");
  EXPECT_EQ(why("/main.3f2a9c1b.js"),
            "file: main.3f2a9c1b.js\ncached: for a year, since its name has a content hash\n");
  EXPECT_EQ(count(why("/style.css", "Accept-Encoding: br\r\n"), "compressed: its sibling .br\n"), 1U);
  listings = 1;
  tree.directory("list");
  EXPECT_EQ(why("/list/"), "--listing: the directory's entries\n");
}

TEST_F(Explain, MissingFiles) {
  EXPECT_EQ(why("/nothing"), "nothing is there: 404.html\n") << "of an error it is not said how long it is kept";
  std::filesystem::remove(tree.path("404.html"));
  EXPECT_EQ(why("/nothing"), "nothing is there\n");
  EXPECT_EQ(why("/.git"), "hidden, or a name that no file has\n");
  options.base_path = "base";
  EXPECT_EQ(why("/other/x"), "the path is not below --base-path base\n");
}

TEST_F(Explain, SinglePageApplications) {
  options.spa = true;
  EXPECT_TRUE(begins(why("/some/page", "Accept: text/html\r\n"), "--spa: a navigation gets index.html\n"));
  EXPECT_TRUE(begins(why("/some/page", "Accept: image/png\r\n"),
                     "--spa: not for this one: its extension is a file's, or it is no navigation\n"));
}

TEST_F(Explain, Rules) {
  tree.file("_redirects", "/old /new\n/dot/* /.:splat 200\n/hole /no/file 200\n/there /file.txt 200\n");
  tree.file("_headers", "/none\n A: 1\n/*\n A: 2\n Cache-Control: max-age=7\n");
  EXPECT_EQ(why("/old"), "fields: _headers, line 3\nrule: _redirects, line 1\n");
  EXPECT_EQ(count(why("/dot/x"), "the rule's target can be no file's name\n"), 1U);
  EXPECT_TRUE(begins(answer, "HTTP/1.1 404 "));
  EXPECT_EQ(count(why("/hole"), "the rule's target is not there: /no/file\n"), 1U);
  EXPECT_EQ(count(why("/file.txt"), "but Cache-Control is said by _headers or --header\n"), 1U);
  EXPECT_TRUE(begins(why("/there"), "fields: _headers, line 3\nrule: _redirects, line 4\nfile: file.txt\n"));
}

TEST_F(Explain, AddressesAndPasswords) {
  Lock lock("private");
  access = lock.access();
  EXPECT_TRUE(begins(why("/private/"), "protected: for those with a password for private\nfile: private/index.html\n"));
  EXPECT_TRUE(ends(answer, "\r\n\r\nsecret")) << "check is run by who may read the files anyway";
  Lock all("");
  access = all.access();
  EXPECT_TRUE(begins(why("/about"), "protected: for those with a password for all of the site\n"));
  AddressRule deny;
  ASSERT_EQ(parse_cidr("0.0.0.0/0", deny.block), CidrMistake::none);
  AddressRule also;
  ASSERT_EQ(parse_cidr("::/0", also.block), CidrMistake::none);
  AddressRule rules[] = {deny, also};
  access.addresses = rules;
  EXPECT_EQ(why("/about"), "--allow and --deny: not from this address\n");
}

// A line is written completely or not at all, and a shorter line after it may still fit.
TEST_F(Explain, LinesThatDoNotFitAreLeftOut) {
  std::string whole = "nothing is there: 404.html\n";
  for (size_t size = 0; size < 80; size++) {
    std::string said = why("/nothing", "", size);
    EXPECT_LE(said.size(), size);
    EXPECT_TRUE(said.empty() || begins(said, whole)) << said;
  }
  // A line needs room for all that it can have between its words.
  EXPECT_EQ(why("/nothing", "", whole.size() + 1), whole);
  EXPECT_EQ(why("/nothing", "", whole.size() - 1), "");
}

TEST(Trace, WritesWordsAndLineNumbers) {
  char memory[100];
  serve::Trace notes(memory);
  notes.say("one");
  notes.say("two", "a");
  notes.say("three", "a", "b");
  notes.say("four", "", "b");
  notes.print_line("five", 4'294'967'295);
  EXPECT_EQ(notes.text(), "one\ntwo a\nthree ab\nfour b\nfive 4294967295\n");
}

TEST_F(Explain, AHostWithoutASite) {
  TestServer house(plan());
  char memory[200];
  serve::Trace notes(memory);
  house.server().context.trace = &notes;
  house.server().context.sites.default_site = nullptr;
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: Other.example:80\r\n\r\n");
  EXPECT_TRUE(begins(client.output(), "HTTP/1.1 421 ")) << client.output();
  EXPECT_EQ(notes.text(), "no site is called Other.example\n");
}

} // namespace
} // namespace minhttp::test
