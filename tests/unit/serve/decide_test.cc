// SPDX-License-Identifier: MIT
// The responses of a site with rules, passwords and an application's page. The end-to-end tests have the long tables;
// here the paths through decide.cc are run under sanitizers.

#include <gtest/gtest.h>

#include "unit/serve/lock.h"
#include "unit/serve/routed_site.h"

namespace minhttp::test {
namespace {

struct Route : RoutedSite {};

TEST_F(Route, CleanUrls) {
  EXPECT_TRUE(ends(ask("/about"), "\r\n\r\nabout"));
  EXPECT_TRUE(says(ask("/about/?q"), "Location: ../about?q"));
  EXPECT_TRUE(says(ask("/dir?q"), "Location: ./dir/?q"));
}

TEST_F(Route, ErrorsAreNotCached) {
  std::string answer = ask("/main.00000000.js");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 404 ")) << answer;
  EXPECT_TRUE(says(answer, "Cache-Control: no-store"));
  EXPECT_TRUE(ends(answer, "\r\n\r\nno"));
  EXPECT_EQ(count(answer, "ETag"), 0U);
  EXPECT_EQ(status("/nothing", "Range: bytes=0-0\r\nIf-None-Match: *\r\n"), "404");
}

TEST_F(Route, CacheControlOfFiles) {
  EXPECT_TRUE(says(ask("/main.3f2a9c1b.js"), "Cache-Control: public, max-age=31536000, immutable"));
  EXPECT_TRUE(says(ask("/style.css"), "Cache-Control: max-age=0, must-revalidate"));
  EXPECT_TRUE(says(ask("/"), "Cache-Control: no-cache"));
  options.immutable = false;
  EXPECT_TRUE(says(ask("/main.3f2a9c1b.js"), "Cache-Control: max-age=0, must-revalidate"));
}

TEST_F(Route, Siblings) {
  EXPECT_TRUE(ends(ask("/style.css"), "\r\n\r\nin plain text"));
  std::string answer = ask("/style.css", "Accept-Encoding: gzip, br\r\n");
  EXPECT_TRUE(ends(answer, "\r\n\r\nbrotli"));
  EXPECT_TRUE(says(answer, "Content-Encoding: br"));
  EXPECT_TRUE(says(answer, "Vary: Accept-Encoding"));
  EXPECT_TRUE(says(answer, "Content-Type: text/css; charset=utf-8"));
  EXPECT_TRUE(ends(ask("/style.css", "Accept-Encoding: gzip, br;q=0.5\r\nRange: bytes=0-1\r\n"), "\r\n\r\ngz"));
  EXPECT_EQ(status("/about", "Accept-Encoding: gzip, identity;q=0\r\n"), "406");
  EXPECT_EQ(status("/nothing", "Accept-Encoding: gzip, identity;q=0\r\n"), "404");
  tree.file("photo.png", "png");
  answer = ask("/photo.png", "Accept-Encoding: identity;q=0\r\n");
  EXPECT_TRUE(ends(answer, "\r\n\r\npng")) << "there is nothing to choose from";
  EXPECT_EQ(count(answer, "Vary"), 0U);
  tree.modified("style.css", 1'704'164'645, 2);
  EXPECT_TRUE(ends(ask("/style.css", "Accept-Encoding: br\r\n"), "\r\n\r\nbrotli")) << "only the fraction is left out";
  tree.modified("style.css.br", 1'704'164'645, 1);
  EXPECT_TRUE(ends(ask("/style.css", "Accept-Encoding: br\r\n"), "\r\n\r\nin plain text")) << "it is older now";
  tree.modified("style.css", 1'704'164'646, 0);
  EXPECT_TRUE(ends(ask("/style.css", "Accept-Encoding: gzip, br\r\n"), "\r\n\r\nin plain text"))
      << "and the other one, too";
}

TEST_F(Route, Applications) {
  options.spa = true;
  std::string answer = ask("/some/page", "Accept: text/html\r\n");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 200 ") && ends(answer, "\r\n\r\nOK")) << answer;
  EXPECT_TRUE(says(answer, "Vary: Accept, Sec-Fetch-Mode, Sec-Fetch-Dest, Accept-Encoding")) << answer;
  EXPECT_EQ(status("/some/page", "Accept: */*\r\n"), "200") << "curl and crawlers";
  EXPECT_EQ(status("/some/page"), "200");
  EXPECT_EQ(status("/some/page", "Accept: image/png\r\n"), "404");
  EXPECT_EQ(status("/some/page", "Accept: text/html\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"), "404");
  EXPECT_EQ(status("/some/page", "Accept: */*\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"), "200");
  EXPECT_EQ(status("/users/jo.doe"), "200") << "no extension of a media type";
  EXPECT_EQ(status("/some/page.js", "Accept: text/html\r\n"), "404");
}

TEST_F(Route, Redirects) {
  tree.file("_redirects",
            "/old/* /new/:splat?a 302\n"
            "/there /style.css 200\n"
            "/gone /about.html 404\n"
            "/file.txt /forced 307!\n"
            "/about /not-forced\n"
            "/hole /no/such/file 200\n");
  EXPECT_TRUE(says(ask("/old/x%20y"), "Location: /new/x%20y?a"));
  EXPECT_TRUE(ends(ask("/there", "Accept-Encoding: br\r\n"), "\r\n\r\nbrotli"));
  EXPECT_TRUE(begins(ask("/gone"), "HTTP/1.1 404 ") && ends(ask("/gone"), "\r\n\r\nabout"));
  EXPECT_EQ(status("/file.txt"), "307");
  EXPECT_EQ(status("/about"), "200");
  EXPECT_EQ(status("/hole"), "404");
  EXPECT_EQ(status("/_redirects"), "404");
  options.base_path = "base";
  EXPECT_TRUE(says(ask("/base/old/x"), "Location: /base/new/x?a"));
  EXPECT_TRUE(says(ask("/base"), "Location: ./base/"));
  EXPECT_EQ(status("/base/"), "200");
  EXPECT_EQ(status("/"), "404");
  EXPECT_EQ(status("/basement"), "404");
}

TEST_F(Route, Fields) {
  tree.file("_headers",
            "/*\n X-All: 1\n Cache-Control: max-age=7\n Content-Type: text/x-other\n"
            "/style.css\n ! ETag\n ! Last-Modified\n ! Accept-Ranges\n");
  std::string answer = ask("/style.css");
  EXPECT_TRUE(says(answer, "X-All: 1") && says(answer, "Cache-Control: max-age=7"));
  EXPECT_TRUE(says(answer, "Content-Type: text/x-other"));
  EXPECT_EQ(count(answer, "ETag") + count(answer, "Last-Modified") + count(answer, "Accept-Ranges"), 0U);
  EXPECT_EQ(count(answer, "Cache-Control"), 1U);
  answer = ask("/nothing");
  EXPECT_TRUE(says(answer, "X-All: 1") && says(answer, "Cache-Control: no-store")) << "an error is not the file";
  EXPECT_TRUE(says(answer, "Content-Type: text/html; charset=utf-8"));
  tree.file("long.txt", std::string(1000, 'a'));
  answer = ask("/long.txt", "Range: bytes=0-0,2-2\r\n");
  EXPECT_EQ(count(answer, "multipart/byteranges"), 1U);
  std::string head = answer.substr(0, answer.find("\r\n\r\n"));
  EXPECT_EQ(count(head, "Content-Type: "), 1U);
}

TEST_F(Route, ARewriteHasThePolicyOfItsTarget) {
  tree.file("_redirects", "/user/* /index.html 200\n");
  tree.file("_headers", "/user/*\n Cache-Control: max-age=7\n X-User: 1\n");
  for (const char* fields : {"", "If-None-Match: *\r\n", "Range: bytes=0-0\r\n", "Range: bytes=0-0,1-1\r\n"}) {
    std::string answer = ask("/user/jane", fields);
    EXPECT_TRUE(says(answer, "Cache-Control: no-cache") && says(answer, "X-User: 1")) << answer;
  }
  EXPECT_TRUE(begins(ask("/user/jane", "Range: bytes=0-0,2-2\r\n"), "HTTP/1.1 206 "));
  tree.file("_redirects", "/association /file.txt 200\n");
  tree.file("_headers", "/*\n Cache-Control: max-age=7\n Content-Type: application/json\n");
  std::string answer = ask("/association");
  EXPECT_TRUE(says(answer, "Content-Type: application/json")) << "what is no page may have a type of its own";
  EXPECT_TRUE(says(answer, "Cache-Control: max-age=0, must-revalidate"));
}

TEST_F(Route, Passwords) {
  Lock lock("private");
  access = lock.access();
  EXPECT_TRUE(says(ask("/private/"), "WWW-Authenticate: Basic realm=\"here\", charset=\"UTF-8\""));
  EXPECT_EQ(status("/private/", joe_errs), "401");
  EXPECT_EQ(status("/private/", std::string(joe_may) + std::string(joe_may)), "401") << "which of the two?";
  std::string answer = ask("/private/", joe_may);
  EXPECT_TRUE(ends(answer, "\r\n\r\nsecret"));
  EXPECT_TRUE(says(answer, "Cache-Control: private, no-cache"));
  EXPECT_EQ(status("/about"), "200");
  tree.file("_redirects", "/open/* /private/:splat 200\n");
  EXPECT_EQ(status("/open/index.html"), "401") << "what is served counts, not what was asked for";
  EXPECT_EQ(status("/open/index.html", joe_may), "200");
}

TEST_F(Route, ResponsesBehindAPasswordCheckKeepTheirOrder) {
  Lock lock("private");
  Plan with = plan();
  with.access = lock.access();
  TestServer house(with);
  Client client(house);
  client.send("GET /about HTTP/1.1\r\nHost: a\r\n\r\nGET /private/ HTTP/1.1\r\nHost: a\r\n" + std::string(joe_may) +
              "\r\nGET /style.css HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string output = client.output();
  size_t about = output.find("\r\n\r\nabout");
  size_t secret = output.find("\r\n\r\nsecret");
  size_t plain = output.find("\r\n\r\nin plain text");
  EXPECT_TRUE(about < secret && secret < plain && plain != output.npos) << output;
}

TEST_F(Route, Addresses) {
  AddressRule deny;
  ASSERT_EQ(parse_cidr("0.0.0.0/0", deny.block), CidrMistake::none);
  AddressRule also;
  ASSERT_EQ(parse_cidr("::/0", also.block), CidrMistake::none);
  AddressRule rules[] = {deny, also};
  access.addresses = rules;
  EXPECT_EQ(status("/about"), "403");
}

TEST_F(Route, ListingsComeAfterRulesAndBeforePages) {
  tree.directory("list");
  tree.file("list/a", "");
  tree.file("list.html", "page");
  listings = 1;
  EXPECT_TRUE(says(ask("/list/"), "Transfer-Encoding: chunked"));
  EXPECT_TRUE(ends(ask("/list"), "\r\n\r\npage"));
  tree.file("_redirects", "/list/ /about 302\n");
  EXPECT_EQ(status("/list/"), "302");
}

} // namespace
} // namespace minhttp::test
