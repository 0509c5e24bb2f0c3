// Accept-Encoding: which codings are tried, in which order, and what is left if none is there.

#include "http/coding.h"

#include <gtest/gtest.h>

#include <string>

#include "http/mime.h"
#include "http/parse.h"
#include "http/validators.h"

namespace minhttp::test {
namespace {

using http::Coding;

// "br gzip identity" for the order; "-" in front where identity is not acceptable.
std::string order_of(const std::string& lines) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
  http::Progress progress;
  http::Request request;
  EXPECT_EQ(http::parse_head(head, progress, request).kind, http::Outcome::Kind::done) << lines;
  auto accepted = http::accepted_codings(request);
  std::string text = accepted.identity ? "" : "-";
  for (uint8_t i = 0; i < accepted.count; i++) {
    Coding coding = accepted.order[i];
    text += (i > 0 ? " " : "") + std::string(coding == Coding::identity ? "identity" : http::coding_token(coding));
  }
  return text;
}

std::string order(const std::string& value) { return order_of("Accept-Encoding: " + value + "\r\n"); }

TEST(Coding, WithoutTheField) { EXPECT_EQ(order_of(""), "identity"); }

TEST(Coding, Table) {
  const struct {
    const char* value;
    const char* order;
  } table[] = {
      // what clients send
      {"gzip, deflate, br, zstd", "br zstd gzip identity"}, // Chrome, Firefox
      {"gzip, deflate, br", "br gzip identity"},            // Safari
      {"deflate, gzip, br, zstd", "br zstd gzip identity"}, // curl --compressed
      {"gzip", "gzip identity"},                            // Go
      {"gzip, deflate", "gzip identity"},                   // Python requests
      {"identity", "identity"},                             // wget, Python urllib
      {"gzip;q=1.0, *;q=0.5", "gzip br zstd identity"},
      {"br;q=1.0, gzip;q=0.8, *;q=0.1", "br gzip zstd identity"},
      {"compress, gzip", "gzip identity"},
      {"gzip;q=1.0, identity; q=0.5, *;q=0", "gzip identity"},
      // weights
      {"gzip;q=0.9, br;q=0.8, zstd;q=0.7", "gzip br zstd identity"},
      {"zstd;q=0.9, br;q=0.9, gzip;q=1", "gzip br zstd identity"},
      {"br;q=0.001", "br identity"},
      {"br;q=0.000", "identity"},
      {"br;q=0", "identity"},
      {"br;q=0.0, gzip", "gzip identity"},
      {"br;q=1.000", "br identity"},
      {"br ; q=0.5 , gzip ; q=0.6", "gzip br identity"},
      {"br;\tq=0.5", "br identity"},
      {"br;Q=0, gzip;Q=0.5", "gzip identity"},
      // weights that are none count as nothing: better no coding than the wrong one
      {"br;q=1.001", "identity"},
      {"br;q=2", "identity"},
      {"br;q=-1", "identity"},
      {"br;q=0.0001", "identity"},
      {"br;q=.5", "identity"},
      {"br;q=", "identity"},
      {"br;q=0,5", "identity"},
      {"br;q=0x1", "identity"},
      {"br;q=1e0", "identity"},
      {"br;q=\"1\"", "identity"},
      {"br;q=1 gzip", "identity"},
      // identity
      {"identity;q=1, br;q=0.5", "identity"},
      {"identity;q=0.5, br;q=0.5", "br identity"},
      {"identity;q=0.5, br;q=0.4, gzip;q=0.6", "gzip identity"},
      {"identity;q=0", "-"},
      {"*;q=0", "-"},
      {"br, identity;q=0", "-br"},
      {"br, *;q=0", "-br"},
      {"br;q=0.1, *;q=0", "-br"},
      {"identity, *;q=0", "identity"},
      {"identity;q=0.1, *;q=0", "identity"},
      {"*;q=0, identity;q=0", "-"},
      {"br;q=0, gzip;q=0, identity;q=0", "-"},
      // *
      {"*", "br zstd gzip identity"},
      {"*;q=0.5", "br zstd gzip identity"},
      {"*, br;q=0", "zstd gzip identity"},
      {"*;q=0.5, gzip", "gzip br zstd identity"},
      {"gzip;q=0, *;q=0.1", "br zstd identity"},
      // names: whole, in any case, the first time that they come
      {"GZIP, Br", "br gzip identity"},
      {"x-gzip", "gzip identity"},
      {"X-GZIP;q=0", "identity"},
      {"x-gzip, gzip;q=0", "gzip identity"},
      {"xgzip, gzipx, ,", "identity"},
      {"brotli", "identity"},
      {"b r", "identity"},
      {"br\xff", "identity"},
      {"br;q=0, br;q=1", "identity"},
      {"br, br;q=0", "br identity"},
      {"*;q=1, *;q=0", "br zstd gzip identity"},
      // lists
      {"", "identity"},
      {",", "identity"},
      {",,gzip,,", "gzip identity"},
      {"gzip,br", "br gzip identity"},
      {"gzip;level=9", "gzip identity"},
      {"gzip;level=9;q=0", "identity"},
      {";q=1", "identity"},
      {"gzip;", "gzip identity"},
  };
  for (const auto& row : table) EXPECT_EQ(order(row.value), row.order) << row.value;
}

TEST(Coding, SeveralLinesAreOneList) {
  EXPECT_EQ(order_of("Accept-Encoding: gzip;q=0.5\r\nX: br\r\naccept-encoding: zstd, br;q=0.1\r\n"),
            "zstd gzip br identity");
  EXPECT_EQ(order_of("Accept-Encoding: identity;q=0\r\nAccept-Encoding: gzip\r\n"), "-gzip");
}

TEST(Coding, EachHasATagOfItsOwn) {
  http::Validators v = {.size = 16, .seconds = 17, .nanoseconds = 18};
  EXPECT_EQ(http::EntityTag(v).text(), "\"10-11-12\"");
  v.coding = Coding::br;
  EXPECT_EQ(http::EntityTag(v).text(), "\"10-11-12-br\"");
  v.coding = Coding::zstd;
  EXPECT_EQ(http::EntityTag(v).text(), "\"10-11-12-zstd\"");
  v = {.size = UINT64_MAX, .seconds = -1, .nanoseconds = UINT32_MAX, .coding = Coding::gzip};
  EXPECT_EQ(http::EntityTag(v).text(), "\"ffffffffffffffff-ffffffffffffffff-ffffffff-gzip\"");
}

TEST(Coding, WhatIsCompressedAlreadyHasNoSiblings) {
  for (const char* name : {"a.html", "a.css", "a.js", "a.json", "a.svg", "a.wasm", "a.txt", "a.xml", "a.ttf", "a.otf",
                           "a.webmanifest", "a.map", "a.bmp", "a.ico", "a.pdf", "a.wav", "a", "a.unknown"}) {
    EXPECT_TRUE(http::may_be_compressed(http::media_type(name))) << name;
  }
  for (const char* name :
       {"a.png",   "a.jpg", "a.gif", "a.webp", "a.avif", "a.mp4",  "a.webm", "a.mp3", "a.ogg", "a.woff",
        "a.woff2", "a.zip", "a.gz",  "a.br",   "a.7z",   "a.docx", "a.xlsx", "a.jar", "a.apk", "a.epub"}) {
    EXPECT_FALSE(http::may_be_compressed(http::media_type(name))) << name << " " << http::media_type(name);
  }
}

} // namespace
} // namespace minhttp::test
