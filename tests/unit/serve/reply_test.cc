// SPDX-License-Identifier: MIT
// Responses that are not the same for the next request, and files that change between two looks at them.

#include "serve/reply.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "unit/serve/cached_site.h"
#include "unit/serve/lock.h"

namespace minhttp::test {
namespace {

struct CachedReply : CachedSite {
  // The cache knows page.html, whose sibling was sent, and has neither its bytes nor its descriptor.
  void know_page(TestServer& house) {
    EXPECT_TRUE(ends(ask(house, get("/page.html", "Accept-Encoding: br\r\n")), "\r\n\r\ncompressed"));
    site::Cache& cache = *house.server().context.cache;
    const site::CacheEntry* page = cache.find(cache.hash_of(0, "page.html"));
    ASSERT_NE(page, nullptr);
    ASSERT_FALSE(page->at_hand());
  }
  void SetUp() override {
    tree.file("page.html", std::string(500, 'p'));
    tree.file("page.html.br", "compressed");
  }
};

TEST_F(CachedReply, APasswordIsCheckedForEachRequest) {
  Lock lock("");
  Plan guarded = cached();
  guarded.access = lock.access();
  TestServer house(guarded);
  std::string request = get("/file.txt", std::string(joe_may));
  for (int i = 0; i < 3; i++) EXPECT_TRUE(begins(ask(house, request), "HTTP/1.1 200"));
  // The password file is read anew, and has another user.
  ASSERT_EQ(lock.part.passwords.read("jane" + std::string(joe.substr(3)), {}), 0U);
  lock.forget();
  EXPECT_TRUE(begins(ask(house, request), "HTTP/1.1 401"));
}

TEST_F(CachedReply, EveryRequestIsExplained) {
  TestServer house(cached());
  char memory[1000];
  serve::Trace trace(memory);
  house.server().context.trace = &trace;
  for (int i = 0; i < 3; i++) EXPECT_TRUE(ends(ask(house, get_file), contents));
  EXPECT_EQ(count(trace.text(), "file: file.txt\n"), 3U);
}

TEST_F(CachedReply, AFileThatWasReplacedSinceTheLastLookIsSentAsItIsNow) {
  TestServer house(cached());
  know_page(house);
  tree.file("next", std::string(700, 'q'));
  std::filesystem::rename(tree.path("next"), tree.path("page.html"));
  std::string answer = ask(house, get("/page.html"));
  EXPECT_TRUE(begins(answer, "HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(count(answer, "\r\nContent-Length: 700\r\n"), 1U);
  EXPECT_TRUE(ends(answer, "\r\n\r\n" + std::string(700, 'q')));
}

TEST_F(CachedReply, AKnownFileWithoutADescriptorForItIs503) {
  TestServer house(cached());
  know_page(house);
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  std::string answer = ask(house, get("/page.html"));
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(answer, text_answer(house, "503 Service Unavailable", "Retry-After: 1\r\n"));
  EXPECT_TRUE(ends(ask(house, get("/page.html")), "\r\n\r\n" + std::string(500, 'p'))) << "it passes";
}

} // namespace
} // namespace minhttp::test
