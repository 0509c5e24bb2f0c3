// SPDX-License-Identifier: MIT
// Text that the server compresses itself: which responses have it, and when.

#include "unit/serve/cost_bound.h"
#include "unit/serve/text_site.h"

namespace minhttp::test {
namespace {

struct Compress : TextSite {};

TEST_F(Compress, TheSecondRequestGetsACopy) {
  EXPECT_EQ(codings("/page.html", prose(page_bytes), 4), ",gzip,gzip,gzip,");
  EXPECT_EQ(codings("/long.css", prose(long_bytes, 2), 4), ",gzip,gzip,gzip,");
  EXPECT_FALSE(compressor().busy());
}

TEST_F(Compress, TheResponseHasItsOwnTagAndNoRanges) {
  std::string plain = get("/page.html");
  std::string tag = field(plain, "ETag");
  EXPECT_EQ(field(plain, "Accept-Ranges"), "bytes");
  std::string answer = get("/page.html");
  EXPECT_EQ(field(answer, "ETag"), tag.substr(0, tag.size() - 1) + "-gz1\"");
  EXPECT_EQ(field(answer, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(field(answer, "Last-Modified"), field(plain, "Last-Modified"));
  EXPECT_EQ(field(answer, "Accept-Ranges"), "") << "ranges are those of the file itself";
  size_t size = body_of(answer).size();
  EXPECT_NE(house->log().find("\"GET /page.html HTTP/1.1\" 200 " + std::to_string(size) + "\n"), std::string::npos);
  EXPECT_EQ(get("/page.html"), answer) << "replayed";
  EXPECT_EQ(get("/page.html", "Accept-Encoding: br, gzip;q=0.5\r\n"), answer);
  EXPECT_EQ(get("/page.html", ""), plain);
}

TEST_F(Compress, AtTheSameTimeHeadIsTheHeadOfGet) {
  for (const char* target : {"/page.html", "/book.txt", "/random.txt"}) {
    (void)get(target);
    for (int i = 0; i < 2; i++) {
      for (const char* fields : {"Accept-Encoding: gzip\r\n", "", "Accept-Encoding: gzip\r\nRange: bytes=0-\r\n"}) {
        bool range = std::string_view(fields).find("Range") != std::string_view::npos;
        std::string head = get(target, fields, "HEAD");
        std::string whole = get(target, fields);
        if (range) { // only GET has ranges; the ETag is the same
          EXPECT_EQ(field(head, "ETag"), field(whole, "ETag")) << target;
          continue;
        }
        EXPECT_EQ(head, whole.substr(0, whole.find("\r\n\r\n") + 4)) << target << ' ' << fields;
      }
      turns();
    }
  }
}

TEST_F(Compress, AClientWithoutGzipGetsTheFile) {
  for (const char* fields :
       {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: identity, gzip;q=0.5\r\n"}) {
    for (int i = 0; i < 3; i++) EXPECT_EQ(coding_of(get("/page.html", fields), prose(page_bytes)), "") << fields;
  }
  EXPECT_EQ(coding_of(get("/page.html"), prose(page_bytes)), "gzip") << "it was asked for before";
  std::string refused = get("/page.html", "Accept-Encoding: identity;q=0\r\n");
  EXPECT_TRUE(begins(refused, "HTTP/1.1 406 "));
  EXPECT_EQ(coding_of(get("/page.html", "Accept-Encoding: identity;q=0, gzip\r\n"), prose(page_bytes)), "gzip");
}

TEST_F(Compress, FilesThatAreNotCompressed) {
  for (const char* target : {"/random.txt", "/short.txt", "/data.bin", "/file.txt", "/empty.txt"}) {
    for (int i = 0; i < 3; i++) EXPECT_EQ(field(get(target), "Content-Encoding"), "") << target;
    EXPECT_FALSE(compressor().busy());
  }
  for (int i = 0; i < 2; i++) (void)get("/least.txt");
  EXPECT_EQ(field(get("/least.txt"), "Content-Encoding"), "gzip");
}

// It is tried only once: nothing is encoded for the third response.
TEST_F(Compress, IncompressibleFilesAreTriedOnce) {
  for (int i = 0; i < 2; i++) (void)get("/random.txt");
  later(500);
  Cost cost;
  EXPECT_EQ(coding_of(get("/random.txt"), random_bytes(page_bytes)), "");
  EXPECT_EQ(Cost::of(cost::Kind::encoding), 0U);
}

TEST_F(Compress, AFileOutsideTheCacheIsNotCompressed) {
  open(8 << 20, 1);
  Client slow(*house, 1, peer);
  slow.take_at_most(0);
  slow.send("GET /data.bin HTTP/1.1\r\nHost: a\r\n\r\n"); // its place stays taken
  for (int i = 0; i < 3; i++) EXPECT_EQ(coding_of(get("/page.html"), prose(page_bytes)), "");
}

TEST_F(Compress, TooLarge) {
  std::string text = prose(limits::compress_max + 1);
  tree.file("huge.txt", text);
  open();
  for (int i = 0; i < 3; i++) EXPECT_EQ(coding_of(get("/huge.txt"), text), "");
  EXPECT_FALSE(compressor().busy());
}

// RFC 9110 section 14.2: a client continues a download in the same representation, or starts over.
TEST_F(Compress, RangesAreOfTheFile) {
  for (int i = 0; i < 2; i++) (void)get("/page.html");
  std::string whole = get("/page.html");
  ASSERT_EQ(field(whole, "Content-Encoding"), "gzip");
  std::string part = get("/page.html", "Accept-Encoding: gzip\r\nRange: bytes=1-10\r\n");
  EXPECT_TRUE(begins(part, "HTTP/1.1 206 "));
  EXPECT_EQ(field(part, "Content-Encoding"), "");
  EXPECT_EQ(field(part, "Content-Range"), "bytes 1-10/" + std::to_string(page_bytes));
  EXPECT_EQ(body_of(part), prose(page_bytes).substr(1, 10));
  std::string other =
      get("/page.html", "Accept-Encoding: gzip\r\nRange: bytes=1-10\r\nIf-Range: " + field(whole, "ETag") + "\r\n");
  EXPECT_TRUE(begins(other, "HTTP/1.1 200 "));
  EXPECT_EQ(coding_of(other, prose(page_bytes)), "");
}

TEST_F(Compress, Conditions) {
  std::string plain = field(get("/page.html"), "ETag");
  std::string tag = field(get("/page.html"), "ETag");
  ASSERT_NE(plain, tag);
  std::string takes = "Accept-Encoding: gzip\r\n";
  std::string same = get("/page.html", takes + "If-None-Match: " + tag + "\r\n");
  EXPECT_TRUE(begins(same, "HTTP/1.1 304 "));
  EXPECT_EQ(field(same, "ETag"), tag);
  EXPECT_EQ(field(same, "Vary"), "Accept-Encoding");
  EXPECT_TRUE(begins(get("/page.html", takes + "If-None-Match: " + plain + "\r\n"), "HTTP/1.1 200 "));
  EXPECT_TRUE(begins(get("/page.html", "If-None-Match: " + tag + "\r\n"), "HTTP/1.1 200 "));
  EXPECT_TRUE(begins(get("/page.html", takes + "If-Match: " + tag + "\r\n"), "HTTP/1.1 200 "));
  EXPECT_TRUE(begins(get("/page.html", takes + "If-Match: " + plain + "\r\n"), "HTTP/1.1 412 "));
}

// After a restart, the server does not send the page again to clients that have it.
TEST_F(Compress, AClientWithTheCopyGets304BeforeItIsMade) {
  for (int i = 0; i < 2; i++) (void)get("/page.html");
  std::string tag = field(get("/page.html"), "ETag");
  open();
  for (int i = 0; i < 3; i++) {
    std::string answer = get("/page.html", "Accept-Encoding: gzip\r\nIf-None-Match: " + tag + "\r\n");
    EXPECT_TRUE(begins(answer, "HTTP/1.1 304 "));
    EXPECT_EQ(field(answer, "ETag"), tag);
  }
  open();
  EXPECT_TRUE(begins(get("/page.html", "Accept-Encoding: gzip\r\nIf-None-Match: \"x-gz1\"\r\n"), "HTTP/1.1 200 "));
  EXPECT_TRUE(begins(get("/page.html", "If-None-Match: " + tag + "\r\n"), "HTTP/1.1 200 ")) << "does not take it";
}

// The hash is computed in slices too. A response without a tag is not replayed.
TEST_F(Compress, ALargeFileHasItsTagLater) {
  std::string text = prose(limits::tag_read_max + 1, 5);
  tree.file("tome.txt", text);
  open();
  for (int i = 0; i < 2; i++) (void)get("/tome.txt");
  turns();
  std::string answer = get("/tome.txt");
  EXPECT_EQ(coding_of(answer, text), "gzip");
  EXPECT_EQ(field(answer, "ETag"), "");
  site::Tags& tags = *house->server().context.tags;
  while (tags.busy()) tags.turn();
  answer = get("/tome.txt");
  EXPECT_EQ(coding_of(answer, text), "gzip");
  std::string tag = field(get("/tome.txt", ""), "ETag");
  EXPECT_EQ(field(answer, "ETag"), tag.substr(0, tag.size() - 1) + "-gz1\"");
}

// Equal bytes have equal tags, whatever their times are, and different bytes different ones.
TEST_F(Compress, TheTagDependsOnTheContentOnly) {
  auto tag_of = [&](const std::string& text, int64_t modified_s) {
    tree.file("page.html", text);
    tree.modified("page.html", modified_s, 0);
    open();
    (void)get("/page.html");
    return field(get("/page.html"), "ETag");
  };
  std::string tag = tag_of(prose(page_bytes), 1'700'000'000);
  EXPECT_TRUE(ends(tag, "-gz1\"")) << tag;
  EXPECT_EQ(tag_of(prose(page_bytes), 1'700'000'001), tag);
  EXPECT_NE(tag_of(prose(page_bytes, 9), 1'700'000'001), tag);
}

TEST_F(Compress, ALargeFileIsCompressedInSlices) {
  std::string text = prose(book_bytes, 3);
  EXPECT_EQ(codings("/book.txt", text, 3), ",,,") << "nobody waits";
  ASSERT_TRUE(compressor().busy());
  size_t slices = 0;
  while (compressor().busy()) {
    Cost cost;
    compressor().turn();
    EXPECT_LE(Cost::of(cost::Kind::encoding), bound::encoding(limits::compress_slice_work));
    if (++slices != 3) continue;
    EXPECT_EQ(coding_of(get("/book.txt"), text), "");
    EXPECT_EQ(codings("/page.html", prose(page_bytes), 3), ",,,") << "the encoder is at work";
  }
  EXPECT_GT(slices, 10U);
  EXPECT_EQ(codings("/book.txt", text, 2), "gzip,gzip,");
  EXPECT_EQ(codings("/page.html", prose(page_bytes), 2), "gzip,gzip,");
}

// Equal requests without another one in between: the response would be replayed (conn/response_cache.h), unless the
// copy ended that.
TEST_F(Compress, AStoredResponseIsInvalidOnceThereIsACopy) {
  std::string text = prose(book_bytes, 3);
  EXPECT_EQ(codings("/book.txt", text, 5), ",,,,,");
  turns();
  EXPECT_EQ(coding_of(get("/book.txt"), text), "gzip");
}

TEST_F(Compress, ATurnHasABoundForWork) {
  for (int i = 0; i < 40; i++) tree.file("f" + std::to_string(i) + ".html", prose(long_bytes, 10));
  open();
  std::string batch;
  for (int i = 0; i < 40; i++) {
    std::string target = "/f" + std::to_string(i) + ".html";
    (void)get(target);
    house->server().context.tags->turn(); // a request that waits for a tag is tried again
    batch += "GET " + target + " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n";
  }
  Client client(*house, 0, peer);
  Cost cost;
  client.send(batch);
  EXPECT_LE(Cost::of(cost::Kind::encoding), bound::encoding(limits::compress_turn_work));
  EXPECT_TRUE(compressor().busy());
  EXPECT_EQ(count(client.output(), "Content-Encoding: gzip"), 1U);
  turns();
  EXPECT_EQ(copies(40), 2 + limits::compress_queue_of_client) << "a second one had begun, and some waited";
}

TEST_F(Compress, TheQueueIsBounded) {
  size_t files = 2 * limits::compress_queue;
  for (size_t i = 0; i < files; i++) tree.file("f" + std::to_string(i) + ".html", prose(1000, 10));
  open();
  for (int i = 0; i < 2; i++) (void)get("/book.txt"); // the encoder is busy
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < files; i++) {
      peer = mapped({10, 0, 0, static_cast<uint8_t>(i)});
      (void)get("/f" + std::to_string(i) + ".html");
    }
  }
  turns();
  EXPECT_EQ(copies(files), limits::compress_queue);
}

// Its uncompressed response is not replayed meanwhile, or it would stay so.
TEST_F(Compress, WhoFoundTheQueueFullIsCompressedLater) {
  size_t files = limits::compress_queue_of_client + 2;
  for (size_t i = 0; i < files; i++) tree.file("f" + std::to_string(i) + ".html", prose(1000, 10));
  open();
  for (int i = 0; i < 2; i++) (void)get("/book.txt"); // the encoder is busy
  for (int round = 0; round < 4; round++) {
    for (size_t i = 0; i < files; i++) {
      (void)get("/f" + std::to_string(i) + ".html");
      house->server().context.tags->turn();
    }
  }
  turns();
  EXPECT_EQ(copies(files), limits::compress_queue_of_client);
  for (size_t i = 0; i < files; i++)
    EXPECT_EQ(coding_of(get("/f" + std::to_string(i) + ".html"), prose(1000, 10)), "gzip") << i;
}

// If the memory is full, other entries are evicted; a file that finds no room at all is sent uncompressed.
TEST_F(Compress, LittleMemory) {
  for (int i = 0; i < 40; i++) tree.file("f" + std::to_string(i) + ".html", prose(page_bytes, 20));
  open(128 * 1024);
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 40; i++) {
      std::string answer = get("/f" + std::to_string(i) + ".html");
      EXPECT_NE(coding_of(answer, prose(page_bytes, 20)), "br");
    }
  }
  for (int i = 0; i < 2; i++) (void)get("/book.txt");
  turns();
  EXPECT_EQ(coding_of(get("/book.txt"), prose(book_bytes, 3)), "") << "longer than a copy may be here";
}

TEST_F(Compress, ErrorPages) {
  std::string text = prose(2000);
  tree.file("404.html", text);
  open();
  EXPECT_EQ(coding_of(get("/nothing", "Accept-Encoding: gzip\r\nIf-None-Match: *\r\n"), text), "")
      << "no 304, so it has to be what it says";
  std::string answer = get("/nowhere/else");
  EXPECT_EQ(coding_of(answer, text), "gzip");
  EXPECT_TRUE(begins(answer, "HTTP/1.1 404 "));
  EXPECT_EQ(field(answer, "ETag"), "");
}

TEST_F(Compress, ASiblingIsPreferred) {
  tree.file("page.html.gz", "sibling");
  open();
  for (int i = 0; i < 3; i++) EXPECT_EQ(body_of(get("/page.html")), "sibling");
}

} // namespace
} // namespace minhttp::test
