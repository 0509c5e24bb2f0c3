// SPDX-License-Identifier: MIT
// Heads to the byte, and what goes into them: status lines, media types, authorities.

#include "h1/write_head.h"
#include "http/listing.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "http/host.h"
#include "http/mime.h"
#include "tables/limits.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

using h1::Persistence;
using http::ResponseHead;
using http::Status;

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string write(const ResponseHead& head, Persistence persistence = Persistence::keep, bool chunked = false) {
  std::string out(limits::answer_head_max, 0);
  out.resize(h1::write_head(out, head, persistence, chunked));
  return out;
}

ResponseHead head_of(Status status) {
  ResponseHead head;
  head.status = status;
  head.date = date;
  head.now = 1'000'000;
  return head;
}

const std::string start_ok = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

TEST(WriteHead, TheShortestHead) { EXPECT_EQ(write(head_of(Status::ok)), start_ok + "\r\n"); }

TEST(WriteHead, HeadOfAFile) {
  ResponseHead head = head_of(Status::ok);
  head.type = "text/css; charset=utf-8";
  head.length = 4'294'967'296;
  head.now = 784'111'777;
  head.validators = http::Validators{.seconds = 784'000'000, .hashed = true, .digest = {.high = 1}};
  head.ranges = true;
  EXPECT_EQ(write(head), start_ok +
                             "Content-Type: text/css; charset=utf-8\r\nContent-Length: 4294967296\r\n"
                             "Last-Modified: Sat, 05 Nov 1994 01:46:40 GMT\r\nETag: \"AAAAAAAAAAEAAAAAAAAAAA\"\r\n"
                             "Accept-Ranges: bytes\r\n\r\n");
}

TEST(WriteHead, HeadOfAPart) {
  ResponseHead head = head_of(Status::partial_content);
  head.type = "text/css";
  head.length = 3;
  head.part = http::Part{.first = 7, .length = 3};
  head.size = 10;
  EXPECT_NE(write(head).find("\r\nContent-Range: bytes 7-9/10\r\n"), std::string::npos);
  head = head_of(Status::range_not_satisfiable);
  head.size = 10;
  EXPECT_NE(write(head).find("\r\nContent-Range: bytes */10\r\n"), std::string::npos);
}

TEST(WriteHead, InChunks) {
  ResponseHead head = head_of(Status::ok);
  head.type = "text/css";
  EXPECT_EQ(write(head, Persistence::keep, true),
            start_ok + "Content-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(WriteHead, HeadOfSeveralParts) {
  ResponseHead head = head_of(Status::partial_content);
  head.type = "text/css";
  head.boundary = "0123456789abcdef";
  head.length = 300;
  head.size = 10;
  EXPECT_EQ(write(head),
            "HTTP/1.1 206 Partial Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: multipart/byteranges; boundary=0123456789abcdef\r\nContent-Length: 300\r\n\r\n")
      << "Content-Range and the file's own type stand with each part";
}

TEST(WriteHead, NotModified) {
  ResponseHead head = head_of(Status::not_modified);
  head.now = 784'111'777;
  head.validators = http::Validators{.seconds = 784'000'000, .hashed = true, .digest = {.high = 1}};
  std::string start = "HTTP/1.1 304 Not Modified\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  EXPECT_EQ(write(head), start + "ETag: \"AAAAAAAAAAEAAAAAAAAAAA\"\r\n\r\n");
  head.validators->hashed = false;
  EXPECT_EQ(write(head), start + "Last-Modified: Sat, 05 Nov 1994 01:46:40 GMT\r\n\r\n") << "all that there is";
}

TEST(WriteHead, LastModifiedOnlyIfTheTimeIsMeaningful) {
  auto has = [](int64_t seconds) {
    ResponseHead head = head_of(Status::ok);
    head.now = 784'111'777;
    head.validators = http::Validators{.seconds = seconds, .hashed = true};
    std::string text = write(head);
    EXPECT_NE(text.find("ETag: "), std::string::npos) << seconds;
    return text.find("Last-Modified: ") != std::string::npos;
  };
  EXPECT_TRUE(has(784'111'777));
  EXPECT_FALSE(has(784'111'778)) << "in the future";
  EXPECT_TRUE(has(315'705'600)) << "1980-01-03";
  EXPECT_FALSE(has(315'705'599)) << "a build has set it to the start of zip's calendar, in some time zone";
  EXPECT_FALSE(has(1)) << "or to the epoch";
  EXPECT_FALSE(has(0));
  EXPECT_FALSE(has(-1));
  EXPECT_FALSE(has(INT64_MIN));
  EXPECT_FALSE(has(INT64_MAX));
}

TEST(WriteHead, TwoVersionsOfAFileHaveDifferentTags) {
  auto tag = [](http::Validators validators) {
    ResponseHead head = head_of(Status::ok);
    head.validators = validators;
    std::string text = write(head);
    return text.substr(text.find("ETag: "));
  };
  auto of = [](uint64_t high, uint64_t low) { return Digest{.high = high, .low = low}; };
  http::Validators v = {.size = 10, .seconds = 20, .hashed = true, .digest = of(1, 2)};
  EXPECT_EQ(tag(v), tag({.size = 10, .seconds = 99, .hashed = true, .digest = of(1, 2)})) << "whatever its time";
  for (int bit = 0; bit < 64; bit++) {
    EXPECT_NE(tag(v), tag({.hashed = true, .digest = of(1 ^ uint64_t{1} << bit, 2)})) << bit;
    EXPECT_NE(tag(v), tag({.hashed = true, .digest = of(1, 2 ^ uint64_t{1} << bit)})) << bit;
  }
  EXPECT_NE(tag(v), tag({.coding = http::Coding::gzip, .hashed = true, .digest = of(1, 2)}));
}

TEST(WriteHead, Redirect) {
  ResponseHead head = head_of(Status::moved_permanently);
  head.location_segment = "a:b";
  head.location_query = "?c";
  EXPECT_NE(write(head).find("\r\nLocation: ./a:b/?c\r\n"), std::string::npos);
}

TEST(WriteHead, FieldsOfOtherResponses) {
  ResponseHead head = head_of(Status::method_not_allowed);
  head.allow = true;
  EXPECT_NE(write(head, Persistence::close).find("\r\nAllow: GET, HEAD, OPTIONS\r\nConnection: close\r\n\r\n"),
            std::string::npos);
  head = head_of(Status::service_unavailable);
  head.retry_s = 1;
  EXPECT_NE(write(head, Persistence::keep_10).find("\r\nRetry-After: 1\r\nConnection: keep-alive\r\n\r\n"),
            std::string::npos);
}

TEST(WriteHead, TheLongestHeadFits) {
  ResponseHead head = head_of(Status::moved_permanently);
  std::string target(limits::target_max, 'a');
  head.location = target;
  std::string base(limits::base_path_max, 'b');
  head.location_base = base;
  std::string extra(limits::fields_bytes + limits::preflight_bytes, 'x');
  head.extra = extra;
  std::string challenge(limits::realm_max + 31, 'r');
  head.challenge = challenge;
  head.cache = "private, max-age=31536000, immutable";
  head.vary = "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest, Accept-Encoding";
  head.coding = "zstd";
  head.policy = http::listing_policy();
  head.type = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
  head.length = UINT64_MAX;
  head.allow = head.ranges = true;
  head.retry_s = UINT32_MAX;
  head.validators = http::Validators{.size = UINT64_MAX, .seconds = 784'000'000, .hashed = true};
  EXPECT_LE(write(head).size(), limits::answer_head_max);
  char small[100];
  EXPECT_THROW((void)h1::write_head(small, head, Persistence::close, false), Panic);
}

TEST(Status, Texts) {
#define STATUS(code, name, reason) EXPECT_EQ(http::status_text(Status::name), #code " " reason);
#include "tables/status.def"
#undef STATUS
  EXPECT_EQ(http::status_text(Status::ok), "200 OK");
  EXPECT_EQ(http::status_text(Status::not_found), "404 Not Found");
  EXPECT_EQ(http::status_text(Status::http_version_not_supported), "505 HTTP Version Not Supported");
  EXPECT_EQ(http::status_text(static_cast<Status>(299)), "500 Internal Server Error");
}

TEST(Mime, EveryRowIsFound) {
  const std::map<std::string, std::string> rows = {
#define MIME(extension, type) {extension, type},
#include "tables/mime.def"
#undef MIME
  };
  EXPECT_GT(rows.size(), 100U);
  for (const auto& [extension, type] : rows) {
    if (extension[0] == '/') continue; // a whole name: the test below
    EXPECT_EQ(http::media_type("a." + extension), type);
    EXPECT_EQ(http::media_type("dir.x/a.b." + extension), type);
    std::string capitals = extension;
    for (char& c : capitals) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(http::media_type("a." + capitals), type);
    if (!rows.contains(extension + "~")) {
      EXPECT_EQ(http::media_type("a." + extension + "~"), "application/octet-stream");
    }
  }
}

TEST(Mime, WholeNamesWithoutAnExtension) {
  EXPECT_EQ(http::media_type("LICENSE"), "text/plain; charset=utf-8");
  EXPECT_EQ(http::media_type("src.d/Makefile"), "text/plain; charset=utf-8");
  EXPECT_EQ(http::media_type(".well-known/apple-app-site-association"), "application/json");
  EXPECT_EQ(http::media_type("a.readme"), "application/octet-stream") << "a name is no extension";
  EXPECT_EQ(http::media_type("LICENSEE"), "application/octet-stream");
  EXPECT_EQ(http::media_type("/"), "application/octet-stream");
}

TEST(Mime, WhatAWebPageNeeds) {
  EXPECT_EQ(http::media_type("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(http::media_type("a.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(http::media_type("a.wasm"), "application/wasm") << "browsers compile nothing else while it streams";
  EXPECT_EQ(http::media_type("a.woff2"), "font/woff2");
  EXPECT_EQ(http::media_type("a.webmanifest"), "application/manifest+json");
  EXPECT_EQ(http::media_type("a.svg").substr(0, 13), "image/svg+xml");
}

TEST(Mime, NoExtension) {
  for (const char* name :
       {"", "a", ".", "a.", "html", "a.html/b", "a.html/", ".html/b", "a.nothing", "a.htm\xcc", "a.html "}) {
    EXPECT_EQ(http::media_type(name), "application/octet-stream") << name;
  }
}

TEST(Authority, Limits) {
  std::string longest(limits::host_max, 'a');
  EXPECT_TRUE(http::valid_authority(longest));
  EXPECT_TRUE(http::valid_authority(longest + ":65535"));
  EXPECT_FALSE(http::valid_authority(longest + "a"));
  EXPECT_TRUE(http::valid_authority("a:0"));
  EXPECT_TRUE(http::valid_authority("a:00080"));
  EXPECT_FALSE(http::valid_authority("a:65536"));
  EXPECT_TRUE(http::valid_authority("[::1]"));
  EXPECT_TRUE(http::valid_authority("[::1]:80"));
  EXPECT_FALSE(http::valid_authority("[::1]80"));
  EXPECT_FALSE(http::valid_authority("[::1]:x"));
  EXPECT_FALSE(http::valid_authority("[::1"));
  EXPECT_FALSE(http::valid_authority(""));
  EXPECT_FALSE(http::valid_authority(":"));
}

TEST(Authority, EveryByteOfAName) {
  const std::string good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=";
  for (int byte = 0; byte < 256; byte++) {
    char c = static_cast<char>(byte);
    if (c == ':') continue; // a port begins
    EXPECT_EQ(http::valid_authority(std::string("a") + c + "b"), good.find(c) != std::string::npos) << byte;
  }
}

} // namespace
} // namespace minhttp::test
