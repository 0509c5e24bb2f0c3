// SPDX-License-Identifier: MIT
// Text that the server compresses itself, when the file changes or disappears, or its descriptor is closed.

#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "unit/serve/cost_bound.h"
#include "unit/serve/text_site.h"

namespace minhttp::test {
namespace {

struct CompressChange : TextSite {};

TEST_F(CompressChange, AChangedFileIsCompressedAnew) {
  for (int i = 0; i < 2; i++) (void)get("/page.html");
  std::string other = prose(page_bytes, 99);
  tree.file("page.html", other);
  later(limits::cache_fresh_ms);
  EXPECT_EQ(coding_of(get("/page.html"), other), "");
  EXPECT_EQ(coding_of(get("/page.html"), other), "gzip");
}

TEST_F(CompressChange, AFileThatHasJustChangedIsNotCompressed) {
  serve::Clock clock;
  clock.set(now_ms * 1'000'000, static_cast<int64_t>(std::time(nullptr)) * 1'000'000'000);
  house->set_clock(clock);
  EXPECT_EQ(codings("/page.html", prose(page_bytes), 3), ",,,");
  later(0);
  EXPECT_EQ(codings("/page.html", prose(page_bytes), 2), "gzip,gzip,");
}

// Bytes in memory are read again now and then; if they are the same, the copy stays.
TEST_F(CompressChange, UnchangedContentIsNotCompressedAgain) {
  for (const char* target : {"/page.html", "/long.css"}) {
    for (int i = 0; i < 2; i++) (void)get(target);
    for (int i = 0; i < 30; i++) {
      later(limits::cache_opened_ms / 2);
      Cost cost;
      EXPECT_EQ(field(get(target), "Content-Encoding"), "gzip") << i;
      EXPECT_EQ(Cost::of(cost::Kind::encoding), 0U) << i;
    }
  }
}

// An unused descriptor is closed, and the copy stays; the next request opens the file again.
TEST_F(CompressChange, ACopyOutlivesTheDescriptor) {
  std::string text = prose(book_bytes, 3);
  site::Cache& cache = *house->server().context.cache;
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  turns();
  auto wait = [&](int64_t ms) {
    later(ms);
    cache.sweep(now_ms);
  };
  for (int i = 0; i < 3; i++) {
    EXPECT_NE(cache.sweep_at_ms(), INT64_MAX) << "it is open";
    wait(2 * limits::cache_unused_ms);
    EXPECT_EQ(cache.sweep_at_ms(), INT64_MAX) << "it was closed";
    EXPECT_EQ(coding_of(get("/book.txt"), text), "gzip");
    EXPECT_EQ(coding_of(get("/book.txt", ""), text), "");
    EXPECT_FALSE(compressor().busy());
  }
  Client slow(*house, 1, peer);
  slow.take_at_most(0);
  slow.send("GET /book.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  wait(2 * limits::cache_unused_ms);
  EXPECT_EQ(cache.sweep_at_ms(), INT64_MAX) << "who is sending it closes it";
  EXPECT_EQ(coding_of(get("/book.txt"), text), "gzip");
  wait(2 * limits::cache_unused_ms);
  slow.take_at_most(SIZE_MAX);
  slow.run();
  EXPECT_EQ(coding_of(slow.output(), text), "");
  EXPECT_EQ(coding_of(get("/book.txt", ""), text), "");
  slow.take_at_most(0);
  slow.send("GET /book.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  wait(2 * limits::cache_unused_ms);
  cache.drop_all();
  slow.take_at_most(SIZE_MAX);
  slow.run();
  EXPECT_TRUE(ends(slow.output(), text)) << "gone while it is sent";
}

// Without a descriptor to check the file with, a copy alone is not served: 503.
TEST_F(CompressChange, WithoutAFreeDescriptorACopyAloneIsNotServed) {
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  turns();
  later(2 * limits::cache_unused_ms);
  house->server().context.cache->sweep(now_ms);
  std::vector<int> all;
  for (int fd = dup(1); fd >= 0; fd = dup(1)) all.push_back(fd);
  std::string answer = get("/book.txt");
  for (int fd : all) close(fd);
  EXPECT_TRUE(begins(answer, "HTTP/1.1 503 ")) << answer.substr(0, 100);
  EXPECT_EQ(coding_of(get("/book.txt"), prose(book_bytes, 3)), "");
}

TEST_F(CompressChange, AFileThatChangesWhileItIsCompressed) {
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  compressor().turn();
  std::string other = prose(book_bytes, 4);
  tree.file("book.txt", other);
  turns();
  EXPECT_EQ(coding_of(get("/book.txt"), other), "") << "the copy would be a mixture";
  later(limits::cache_fresh_ms);
  (void)get("/book.txt");
  turns();
  EXPECT_EQ(coding_of(get("/book.txt"), other), "gzip");
}

TEST_F(CompressChange, AFileThatShrinksWhileItIsCompressed) {
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  compressor().turn();
  std::filesystem::resize_file(tree.path("book.txt"), 100);
  turns();
  EXPECT_EQ(body_of(get("/book.txt")), prose(book_bytes, 3).substr(0, 100));
}

TEST_F(CompressChange, AReloadEndsACompression) {
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  peer = mapped({192, 0, 2, 9});
  for (int i = 0; i < 2; i++) (void)get("/page.html");
  compressor().turn();
  house->server().context.cache->drop_all();
  EXPECT_LE(turns(), 4U);
  EXPECT_EQ(coding_of(get("/page.html"), prose(page_bytes)), "");
}

// A client that is being sent the copy gets all of it.
TEST_F(CompressChange, ASlowReaderGetsTheWholeCopyOfARemovedFile) {
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  turns();
  Client slow(*house, 1, peer);
  slow.take_at_most(0);
  slow.send("GET /book.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  std::filesystem::remove(tree.path("book.txt"));
  house->server().context.cache->drop_all();
  for (int i = 0; i < 3; i++) (void)get("/page.html");
  slow.take_at_most(SIZE_MAX);
  slow.run();
  EXPECT_EQ(coding_of(slow.output(), prose(book_bytes, 3)), "gzip");
}

} // namespace
} // namespace minhttp::test
