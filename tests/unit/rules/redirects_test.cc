// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "unit/rules/ruled.h"

namespace minhttp::test {
namespace {

struct Case {
  const char* rules;
  const char* url;
  const char* answer;
};

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    Ruled ruled(c.rules);
    ASSERT_TRUE(ruled.ok()) << c.rules << '\n' << ruled.mistakes();
    EXPECT_EQ(ruled.redirect(c.url), c.answer) << c.rules << '\n' << c.url;
  }
}

TEST(Redirects, PlainPaths) {
  expect_all({
      {"", "/", "-"},
      {"/home /", "/home", "301 /"},
      {"/home /", "/homes", "-"},
      {"/home /", "/hom", "-"},
      {"/home /", "/Home", "-"}, // case matters
      {"/home /", "/home/x", "-"},
      {"/ /start", "/", "301 /start"},
      {"/ /start", "/x", "-"},
      {"  /home\t \t/  ", "/home", "301 /"},
      {"# all of it\n\n  # indented\n/a /b # behind\r\n/c /d 302\t#x", "/a", "301 /b"},
      {"# all of it\n\n  # indented\n/a /b # behind\r\n/c /d 302\t#x", "/c", "302 /d"},
      {"\xef\xbb\xbf/a /b", "/a", "301 /b"},
      {"/a /b#part", "/a", "301 /b#part"},
      {"/page/ /page2/#fragment 301", "/page/", "301 /page2/#fragment"},
      {"/twitch https://twitch.tv", "/twitch", "301 https://twitch.tv/"},
      {"/t http://example.org:8080/x?y=z#w", "/t", "301 http://example.org:8080/x?y=z#w"},
      {"/t https://example.org?y", "/t", "301 https://example.org/?y"},
      {"/querystrings /?query=string 301", "/querystrings", "301 /?query=string"},
      {"/blog/my-post.php /blog/my-post", "/blog/my-post.php", "301 /blog/my-post"},
  });
}

TEST(Redirects, Status) {
  for (const char* status : {"200", "301", "302", "303", "307", "308", "404"}) {
    EXPECT_EQ(Ruled(std::string("/a /b ") + status).redirect("/a"), std::string(status) + " /b");
    EXPECT_EQ(Ruled(std::string("/a /b ") + status + "!").redirect("/a"), std::string(status) + "! /b");
  }
  // What is served is a path, and nothing else.
  EXPECT_EQ(Ruled("/a /b?x=y#z 200").redirect("/a?q"), "200 /b");
  EXPECT_EQ(Ruled("/* /404.html 404").redirect("/a/b?q"), "404 /404.html");
  EXPECT_EQ(Ruled("/* /index.html 200").redirect("/index.html"), "200 /index.html");
}

TEST(Redirects, TheSlashAtTheEnd) {
  expect_all({
      {"/a /b", "/a/", "301 /b"},
      {"/a/ /b", "/a", "301 /b"},
      {"/a/ /b/", "/a", "301 /b/"},
      {"/trailing /trailing/ 301", "/trailing", "301 /trailing/"},
      {"/trailing /trailing/ 301", "/trailing/", "-"}, // it is there already
      {"/bare/ /bare 301", "/bare/", "301 /bare"},
      {"/bare/ /bare 301", "/bare", "-"},
      {"/:a/b /:a/b/ 302", "/x/b", "302 /x/b/"},
      {"/:a/b /:a/b/ 302", "/x/b/", "-"},
      {"/blog/* /news/:splat", "/blog", "301 /news/"},
      {"/blog/* /news/:splat", "/blog/", "301 /news/"},
      {"/blog/* /news/:splat", "/blog/x", "301 /news/x"},
      {"/blog/* /news/:splat", "/blog/x/", "301 /news/x/"},
      {"/blog/* /news/:splat", "/blogs", "-"},
  });
}

TEST(Redirects, Splats) {
  expect_all({
      {"/news/* /blog/:splat", "/news/2004/01/10/my-story", "301 /blog/2004/01/10/my-story"},
      {"/* /x/:splat", "/a/b", "301 /x/a/b"},
      {"/* /x/:splat", "/", "301 /x/"},
      {"/a* /x/:splat", "/abc", "301 /x/bc"},
      {"/a* /x/:splat", "/a", "301 /x/"},
      {"/a* /x/:splat", "/a/b/c", "301 /x//b/c"},
      {"/*.jpg /pictures/:splat.webp 302", "/a/b.jpg", "302 /pictures/a/b.webp"},
      {"/*.jpg /pictures/:splat.webp 302", "/a/b.jpeg", "-"},
      {"/*.jpg /p/:splat 302", "/.jpg", "refused"}, // hidden
      {"/a/*/z /:splat", "/a/b/c/z", "301 /b/c"},
      {"/a/*/z /:splat", "/a/z", "-"},
      {"/a/*/z /x:splat", "/a/b/z/", "301 /xb"},
      {"/a*a /x/:splat", "/a", "-"}, // the two a are not one
      {"/a*a /x/:splat", "/aa", "301 /x/"},
      {"/* /:splat/more 301", "/a", "301 /a/more"},
      {"/*.html /:splat 301\n/*.htm /:splat 302\n/*l /l", "/x.html", "301 /x"},
      {"/*.html /:splat 301\n/*.htm /:splat 302\n/*l /l", "/x.htm", "302 /x"},
      {"/*.html /:splat 301\n/*.htm /:splat 302\n/*l /l", "/x.xml", "301 /l"},
      {"/*l /l\n/*.html /:splat 301", "/x.html", "301 /l"}, // first in the file
      {"/%2A /star", "/*", "301 /star"},
      {"/%2A /star", "/x", "-"},
  });
}

TEST(Redirects, Placeholders) {
  expect_all({
      {"/news/:month/:date/:year/:slug /blog/:year/:month/:date/:slug", "/news/02/12/2004/my-story",
       "301 /blog/2004/02/12/my-story"},
      {"/a/:b /:b", "/a", "-"},
      {"/a/:b /:b", "/a/", "-"},
      {"/a/:b /:b", "/a/x/y", "-"},
      {"/a/:b /:b", "/a/x", "301 /x"},
      {"/:file.html /:file", "/x.html", "301 /x"},
      {"/:file.html /:file", "/x.html.html", "301 /x.html"},
      {"/:file.html /:file", "/.html", "refused"},
      {"/:a_1/:a /:a/:a_1", "/x/y", "301 /y/x"},
      {"/:lang/* /l/:lang?rest=:splat", "/de/a/b", "301 /l/de?rest=a/b"},
      {"/a/:x/c /one\n/a/b/:y /two\n/:x/:y/:z /three", "/a/b/c", "301 /one"},
      {"/a/b/:y /two\n/a/:x/c /one\n/:x/:y/:z /three", "/a/b/c", "301 /two"},
      {"/:x/:y/:z /three\n/a/b/:y /two\n/a/:x/c /one", "/a/b/c", "301 /three"},
      {"/a/:x/c /one\n/a/b/:y /two\n/:x/:y/:z /three", "/a/b/d", "301 /two"},
      {"/a/:x/c /one\n/a/b/:y /two\n/:x/:y/:z /three", "/d/b/c", "301 /three"},
      {"/products/:code/:name /products?code=:code&name=:name", "/products/7/pen", "301 /products?code=7&name=pen"},
      {"/a%3Ab /colon", "/a:b", "301 /colon"},
      {"/a:1 /colon", "/a:1", "301 /colon"},
      {"/x /wiki/Special:Search", "/x", "301 /wiki/Special:Search"}, // nothing of that name
      {"/:x /y-:x-:xy", "/1", "301 /y-1-:xy"},
  });
}

TEST(Redirects, FirstInTheFileWins) {
  expect_all({
      {"/a /1\n/* /2", "/a", "301 /1"},
      {"/* /2\n/b /1", "/b", "301 /2"},
      {"/b/* /b/:splat 200\n/* /index.html 200", "/b/x", "200 /b/x"},
      {"/api/* 200\n/* /index.html 200", "/api/x/", "200 /api/x/"}, // as it is
      {"/api/* 200!\n/* /index.html 200", "/api/x%20y", "200! /api/x%20y"},
      {"/api/* 200\n/* /index.html 200", "/app", "200 /index.html"},
      {"/* /:splat 301\n/a /b", "/a", "301 /b"}, // the first leads back to itself
  });
}

TEST(Redirects, Query) {
  expect_all({
      {"/store id=:id /blog/:id 301", "/store?id=my-post", "301 /blog/my-post"},
      {"/store id=:id /blog/:id 301", "/store", "-"},
      {"/store id=:id /blog/:id 301", "/store?ide=1", "-"},
      {"/store id=:id /blog/:id 301", "/store?x=2&id=1", "301 /blog/1?x=2"},
      {"/store id=:id /blog/:id 301", "/store?id=", "301 /blog/"},
      {"/store id=:id /blog/:id 301", "/store?id", "301 /blog/"},
      {"/store id=:id /blog/:id 301", "/store?id=1&id=2", "301 /blog/1"},
      {"/a id=:id tag=:tag /p/:tag/:id", "/a?tag=t&id=i", "301 /p/t/i"},
      {"/a id=:id tag=:tag /p/:tag/:id", "/a?tag=t", "-"},
      {"/a id=1 /one\n/a id=2 /two\n/a /none", "/a?id=2", "301 /two"},
      {"/a id=1 /one\n/a id=2 /two\n/a /none", "/a?id=3", "301 /none?id=3"},
      {"/a kind=book /one\n/a kind=toy /two\n/a /none", "/a?kind=toy", "301 /two"}, // words, and no placeholders
      {"/a kind=book /one\n/a kind=toy /two\n/a /none", "/a?kind=car", "301 /none?kind=car"},
      {"/a x=1 y=1 /one\n/a x=1 /two", "/a?x=1&y=1", "301 /one"},
      {"/a x=1 y=1 /one\n/a x=1 /two", "/a?x=1&y=2", "301 /two?y=2"},
      {"/a x=:x /any/:x\n/a x=1 /one", "/a?x=1", "301 /any/1"},
      {"/a x=1 /one\n/a x=:x /any/:x", "/a?x=1", "301 /one"},
      {"/a x=1 /one\n/a x=:x /any/:x", "/a?x=2", "301 /any/2"},
      {"/a q=a%20b /s", "/a?q=a+b", "301 /s"},
      {"/a q=a+b /s", "/a?%71=a%20b", "301 /s"},
      {"/a q= /empty", "/a?q=", "301 /empty"},
      {"/a q= /empty", "/a?q=1", "-"},
      {"/a/:x id=:id /b/:id/:x", "/a/1?id=2", "301 /b/2/1"},
      // Passed on, but for a target with a query of its own.
      {"/a /b", "/a?x=1&y", "301 /b?x=1&y"},
      {"/a /b#f", "/a?x=1", "301 /b?x=1#f"},
      {"/a /b?z#f", "/a?x=1", "301 /b?z#f"},
      {"/a /b#f?g", "/a?x=1", "301 /b?x=1#f?g"},
      {"/a https://example.org/b", "/a?x=1", "301 https://example.org/b?x=1"},
  });
}

TEST(Redirects, CapturesAreEncodedForPathOrQuery) {
  expect_all({
      {"/a/* /b/:splat", "/a/%c3%a9%20%3f", "301 /b/%C3%A9%20%3F"},
      {"/a/* /b/:splat", "/a/%41%7e", "301 /b/A~"},
      {"/a/* /b/:splat", "/a/x%0d%0aSet-Cookie:%20a", "301 /b/x%0D%0ASet-Cookie:%20a"},
      {"/a/* /b/:splat", "/a/%25%22%3c%5e", "301 /b/%25%22%3C%5E"},
      {"/a/* /b?p=:splat", "/a/x&y=z+%23", "301 /b?p=x%26y%3Dz%2B%23"},
      {"/a/* /b#:splat", "/a/x%23", "301 /b#x%23"},
      {"/a id=:id /b/:id", "/a?id=x%2fy/z+w", "301 /b/x%2Fy%2Fz%20w"},
      {"/a id=:id /b/:id", "/a?id=%0d%0aX", "301 /b/%0D%0AX"},
      {"/a id=:id /b/:id", "/a?id=%zz%4", "301 /b/%25zz%254"},
      {"/a id=:id /b/:id", "/a?id=?#", "301 /b/%3F%23"},
      {"/a id=:id /b?x=:id", "/a?id=1%262", "301 /b?x=1%262"},
      {"/caf\xc3\xa9 /th\xc3\xa9", "/caf%C3%A9", "301 /th%C3%A9"},
      {"/caf%c3%a9 /a|b", "/caf\xc3\xa9", "301 /a%7Cb"},
      {"/authors/c%C3%A9line /authors/about-c%C3%A9line", "/authors/c%c3%a9line", "301 /authors/about-c%C3%A9line"},
      {"/a%20b /x", "/a%20b", "301 /x"},
  });
}

TEST(Redirects, ACaptureNeverLeadsToAnotherHost) {
  expect_all({
      {"/a id=:id /:id", "/a?id=/evil.example", "301 /%2Fevil.example"},
      {"/a id=:id /:id/evil.example", "/a?id=", "301 /evil.example"},
      {"/a id=:id /:id", "/a?id=%5cevil.example", "301 /%5Cevil.example"},
      {"/a* /:splat", "/a/evil.example", "301 /evil.example"},
      {"/a/*/b /:splat", "/a//evil.example/b", "refused"},
      {"/a*z /:splat//x", "/az", "301 /x"},
  });
}

TEST(Redirects, Hosts) {
  const char* rules =
      "https://Blog.example.com/* https://www.example.com/blog/:splat 301!\n"
      "https://www.example.com/old /new\n"
      "https://example.com https://www.example.com\n"
      "/old /any\n";
  Ruled ruled(rules);
  ASSERT_TRUE(ruled.ok()) << ruled.mistakes();
  EXPECT_EQ(ruled.redirect("//blog.example.com/x/y"), "301! https://www.example.com/blog/x/y");
  EXPECT_EQ(ruled.redirect("//BLOG.example.com.:8080/x"), "301! https://www.example.com/blog/x");
  EXPECT_EQ(ruled.redirect("//www.example.com/old"), "301 /new");
  EXPECT_EQ(ruled.redirect("//other.example.com/old"), "301 /any");
  EXPECT_EQ(ruled.redirect("//example.com/"), "301 https://www.example.com/");
  EXPECT_EQ(ruled.redirect("//www.example.com/"), "-");
  EXPECT_EQ(ruled.redirect("/old"), "301 /any");
  EXPECT_EQ(ruled.redirect("//[::1]:80/old"), "301 /any");
  // To the same place with another scheme: nobody could ever get there.
  EXPECT_EQ(Ruled("/* https://example.com/:splat 301!").redirect("//example.com/x?y"), "-");
  EXPECT_EQ(Ruled("/* https://example.com/:splat 301!").redirect("//example.org/x?y"), "301! https://example.com/x?y");
}

TEST(Redirects, ATargetThatDoesNotFitIs414) {
  Ruled ruled("/a/* /somewhere/:splat");
  EXPECT_EQ(ruled.redirect("/a/bcd", 14), "301 /somewhere/bcd");
  EXPECT_EQ(ruled.redirect("/a/bcd", 13), "414 ");
  EXPECT_EQ(ruled.redirect("/a/bcd", 0), "414 ");
  std::string longest = "/a/" + std::string(8189, 'x');
  EXPECT_EQ(ruled.redirect(longest), "414 ");
  EXPECT_EQ(ruled.redirect(longest, 8200), "301 /somewhere/" + std::string(8189, 'x'));
}

} // namespace
} // namespace minhttp::test
