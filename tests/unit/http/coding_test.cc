// SPDX-License-Identifier: MIT
#include "http/coding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "h1/parse.h"
#include "http/conditional.h"
#include "http/validators.h"

namespace minhttp::test {
namespace {

using http::Coding;

// The codings by name with spaces between, "none" for no coding at all; "!" where identity is
// not acceptable.
std::string accepted(const std::string& fields) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  h1::Progress progress;
  http::Request request;
  EXPECT_EQ(h1::parse_head(head, progress, request).kind, h1::Outcome::Kind::done) << fields;
  auto codings = http::accepted_codings(request);
  EXPECT_LE(codings.count, http::coding_count);
  std::string text;
  for (size_t i = 0; i < codings.count; i++) {
    auto token = http::coding_token(codings.order[i]);
    text += (i > 0 ? " " : "") + (token.empty() ? std::string("identity") : std::string(token));
  }
  bool last = codings.count > 0 && codings.order[codings.count - 1U] == Coding::identity;
  EXPECT_EQ(last, codings.identity) << fields;
  return text + (codings.identity ? "" : "!");
}

std::string accepted_with(const std::string& value) { return accepted("Accept-Encoding: " + value + "\r\n"); }

struct Case {
  std::string value;
  const char* order;
};

void expect_all(const std::vector<Case>& cases) {
  for (const auto& [value, order] : cases) EXPECT_EQ(accepted_with(value), order) << value;
}

TEST(AcceptEncoding, OfRealClients) {
  expect_all({
      {"gzip, deflate, br, zstd", "br zstd gzip identity"}, // Chrome, Edge, Firefox
      {"gzip, deflate, br", "br gzip identity"},            // Safari, older ones
      {"gzip, deflate", "gzip identity"},                   // over plain http; Python requests
      {"gzip, deflate, sdch", "gzip identity"},             // Chrome, long ago
      {"deflate, gzip, br, zstd", "br zstd gzip identity"}, // curl --compressed
      {"deflate, gzip", "gzip identity"},
      {"identity", "identity"},  // wget; audio and video in browsers
      {"gzip", "gzip identity"}, // Go, wget --compression
      {"gzip,deflate", "gzip identity"},
      {"gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "gzip identity"}, // Ruby
      {"identity;q=1, *;q=0", "identity"},                          // Chrome for media
      {"gzip, x-gzip, deflate", "gzip identity"},                   // Apache HttpClient
      {"br;q=1.0, gzip;q=0.8, *;q=0.1", "br gzip zstd identity"},   // MDN
      {"gzip, compress, br", "br gzip identity"},
      {"dcb, dcz, gzip, br", "br gzip identity"}, // with shared dictionaries
  });
}

TEST(AcceptEncoding, WeightsDecide) {
  expect_all({
      {"br;q=0.1, gzip;q=0.9", "gzip br identity"},
      {"gzip;q=0.9, br;q=0.1", "gzip br identity"},
      {"br;q=0.5, zstd;q=0.6, gzip;q=0.7", "gzip zstd br identity"},
      {"gzip;q=0.5, zstd;q=0.5, br;q=0.5", "br zstd gzip identity"},
      {"br;q=0.999, gzip;q=1", "gzip br identity"},
      {"br;q=0.001", "br identity"},
      {"br;q=0, gzip", "gzip identity"},
      {"br;q=0.000, gzip", "gzip identity"},
      {"br;q=0., gzip;q=1.", "gzip identity"},
      {"br;q=0.01, gzip;q=0.02", "gzip br identity"},
      {"br;q=0.2, gzip;q=0.19", "br gzip identity"},
      {"gzip;q=1.000, br;q=1.0", "br gzip identity"},
      {"br;Q=0.5, gzip", "gzip br identity"},
      {"gzip ; q=0", "identity"},
      {"gzip\t;\tq=0\t,\tbr", "br identity"},
      {"gzip;q=0", "identity"},
  });
}

TEST(AcceptEncoding, IdentityCanBeRefused) {
  expect_all({
      {"identity;q=0", "!"},
      {"identity;q=0, gzip", "gzip!"},
      {"gzip, identity;q=0", "gzip!"},
      {"identity;q=0, *", "br zstd gzip!"},
      {"identity;q=0.5, gzip;q=0.4", "identity"}, // gzip only after it, so never
      {"identity;q=0.5, gzip;q=0.5", "gzip identity"},
      {"identity;q=0.5, gzip;q=0.6, br;q=0.3", "gzip identity"},
      {"identity;q=0.001, gzip;q=0.001", "gzip identity"},
      {"identity, gzip", "gzip identity"},
      {"identity, gzip;q=0.9", "identity"},
      {"IDENTITY;q=0, br", "br!"},
      {"identity;q=0, identity", "!"},
      {"identity, identity;q=0", "identity"},
  });
}

TEST(AcceptEncoding, Asterisk) {
  expect_all({
      {"*", "br zstd gzip identity"},
      {"*;q=0.001", "br zstd gzip identity"},
      {"*;q=0", "!"},
      {"*;q=0, *", "!"},
      {"gzip, *;q=0", "gzip!"},
      {"*;q=0, gzip", "gzip!"},
      {"gzip;q=0, *;q=0", "!"},
      {"identity, *;q=0", "identity"},
      {"identity;q=0.1, *;q=0", "identity"},
      {"br;q=0, *", "zstd gzip identity"},
      {"br;q=0.5, *", "zstd gzip br identity"},
      {"gzip, *;q=0.5", "gzip br zstd identity"},
      {"identity;q=0.5, *;q=0.4", "identity"},
      {"identity;q=0.5, *;q=0.4, gzip", "gzip identity"},
      {"**", "identity"},
      {"*/*", "identity"},
  });
}

TEST(AcceptEncoding, NamesAreComparedWholeAndWithoutCase) {
  expect_all({
      {"GZIP", "gzip identity"},
      {"Br, ZStd", "br zstd identity"},
      {"x-gzip", "gzip identity"},
      {"X-GZip;q=0.5, br;q=0.4", "gzip br identity"},
      {"x-gzip;q=0, gzip", "identity"},
      {"gzip;q=0.5, x-gzip;q=0", "gzip identity"},
      {"xgzip", "identity"},
      {"gzipx", "identity"},
      {"gzi", "identity"},
      {"x-br", "identity"},
      {"brotli", "identity"},
      {"b r", "identity"},
      {"gzip br", "identity"},
      {"gzip/br", "identity"},
      {"\"gzip\"", "identity"},
      {"gzip=1", "identity"},
      {"br\x80", "identity"},
  });
}

TEST(AcceptEncoding, TheFirstOfEqualCodingsCounts) {
  expect_all({
      {"gzip, gzip;q=0", "gzip identity"},
      {"gzip;q=0, gzip", "identity"},
      {"br;q=0.1, gzip;q=0.5, br", "gzip br identity"},
      {"gzip;q=2, gzip;q=0.5", "gzip identity"}, // the first says nothing
      {"br, br, br, gzip, br", "br gzip identity"},
  });
}

TEST(AcceptEncoding, MalformedMembersAreIgnored) {
  for (const char* parameters :
       {";",         ";q",      ";q=",      ";q=x",   ";q=-1",    ";q=2",   ";q=1.1",   ";q=1.001", ";q=0.0000",
        ";q=0.1234", ";q=.5",   ";q=01",    ";q =0",  ";q= 0",    ";q=0 0", ";q=\"0\"", ";q=0;",    ";q=0;q=0",
        ";q=0;x=y",  ";x=y",    ";x=y;q=0", ";qq=0",  ";level=9", ";q=+0",  ";q=0x0",   ";q=0.5e1", ";q=1.0000",
        ";q=00",     ";q=0.0:", ";q=0.:",   ";q=0./", ";q=0.-1",  ";;q=0",  ";q:0",     ";q=0.\xb2"}) {
    std::string text(parameters);
    EXPECT_EQ(accepted_with("gzip" + text), "identity") << text;
    EXPECT_EQ(accepted_with("br, gzip" + text + ", zstd"), "br zstd identity") << text;
    EXPECT_EQ(accepted_with("identity" + text), "identity") << text;
    EXPECT_EQ(accepted_with("*" + text), "identity") << text;
    EXPECT_EQ(accepted_with("gzip" + text + ", gzip;q=0.5"), "gzip identity") << text;
    EXPECT_EQ(accepted_with("identity" + text + ", identity;q=0"), "!") << text;
  }
}

TEST(AcceptEncoding, WithoutTheFieldOnlyIdentityIsSent) {
  EXPECT_EQ(accepted(""), "identity");
  EXPECT_EQ(accepted("Accept: gzip\r\nTE: gzip\r\nContent-Encoding: gzip\r\n"), "identity");
  expect_all({{"", "identity"},
              {" \t", "identity"},
              {",", "identity"},
              {" , ,, ", "identity"},
              {";", "identity"},
              {";q=0", "identity"},
              {"q=0", "identity"},
              {",gzip,", "gzip identity"},
              {",, ,gzip;q=0.5 ,, br;q=0.6,", "br gzip identity"}});
}

TEST(AcceptEncoding, SeveralLinesAreOneList) {
  EXPECT_EQ(accepted("Accept-Encoding: gzip\r\nX: y\r\naccept-encoding: br\r\n"), "br gzip identity");
  EXPECT_EQ(accepted("Accept-Encoding: gzip;q=0\r\nAccept-Encoding: gzip, *\r\n"), "br zstd identity");
  EXPECT_EQ(accepted("Accept-Encoding:\r\nACCEPT-ENCODING: br\r\n"), "br identity");
  EXPECT_EQ(accepted("Accept-Encoding: br;\r\nAccept-Encoding: q=0\r\n"), "identity");
}

TEST(AcceptEncoding, AHeadFullOfCodingsIsParsed) {
  std::string many;
  for (int i = 0; i < 3000; i++) many += "a,";
  EXPECT_EQ(accepted_with(many + "br"), "br identity");
  EXPECT_EQ(accepted_with("br;q=0." + std::string(5000, '1') + ", gzip"), "gzip identity");
  EXPECT_EQ(accepted_with(std::string(5000, ';') + ", gzip"), "gzip identity");
}

TEST(Codings, TokensAndSuffixes) {
  EXPECT_EQ(http::coding_count, 4U);
  EXPECT_EQ(http::coding_token(Coding::identity), "");
  EXPECT_EQ(http::coding_suffix(Coding::identity), "");
  EXPECT_EQ(http::coding_token(Coding::br), "br");
  EXPECT_EQ(http::coding_suffix(Coding::br), ".br");
  EXPECT_EQ(http::coding_token(Coding::zstd), "zstd");
  EXPECT_EQ(http::coding_suffix(Coding::zstd), ".zst");
  EXPECT_EQ(http::coding_token(Coding::gzip), "gzip");
  EXPECT_EQ(http::coding_suffix(Coding::gzip), ".gz");
}

TEST(Codings, OnlyTextIsCompressed) {
  for (const char* type : {"text/html; charset=utf-8", "text/plain", "TEXT/CSS", "application/json", "application/wasm",
                           "image/svg+xml; charset=utf-8", "application/xml", "font/ttf", "model/gltf+json"}) {
    EXPECT_TRUE(http::is_text(type)) << type;
  }
  for (const char* type : {"application/octet-stream", "application/pdf", "audio/wav", "image/png", "video/mp4",
                           "application/gzip", "application/x-tar", "application/msword; x=y"}) {
    EXPECT_FALSE(http::is_text(type)) << type;
  }
}

std::string inner(std::string_view name) {
  http::CompressedName compressed = http::compressed_name(name);
  return std::string(http::coding_token(compressed.coding)) + " " + std::string(compressed.inner);
}

TEST(Codings, NamesOfCompressedFiles) {
  EXPECT_EQ(inner("a/app.js.gz"), "gzip a/app.js");
  EXPECT_EQ(inner("app.js.br"), "br app.js");
  EXPECT_EQ(inner("app.js.zst"), "zstd app.js");
  EXPECT_EQ(inner("logo.svgz"), "gzip logo.svg");
  for (const char* name : {"", "app.js", "gz", "app.gzz", "app.GZ"}) EXPECT_EQ(inner(name), " ") << name;
  EXPECT_EQ(inner(".gz"), "gzip ");
}

TEST(Codings, NamesThatAreStoredCompressed) {
  for (const char* name : {"app.js", "a/game.data", "x.symbols.json", "b.WASM", "index.pck", "a.b/c.css", "logo.svg"}) {
    EXPECT_TRUE(http::is_stored_compressed(name)) << name;
  }
  for (const char* name : {"", "js", ".js", "a/.js", "a/js", "site.tar", "dump.sql", "a.js/b", "app.jsx", "a."}) {
    EXPECT_FALSE(http::is_stored_compressed(name)) << name;
  }
}
constexpr Digest digest = {.high = 0x701b2fc13d46cd17, .low = 0x8d90c78f76093c30};

std::string tag(Coding coding) {
  return std::string(http::EntityTag({.coding = coding, .hashed = true, .digest = digest}).text());
}

TEST(EntityTagWithCoding, TheTagNamesTheCoding) {
  EXPECT_EQ(tag(Coding::identity), "\"cBsvwT1GzReNkMePdgk8MA\"");
  EXPECT_EQ(tag(Coding::br), "\"cBsvwT1GzReNkMePdgk8MA-br\"");
  EXPECT_EQ(tag(Coding::zstd), "\"cBsvwT1GzReNkMePdgk8MA-zstd\"");
  EXPECT_EQ(tag(Coding::gzip), "\"cBsvwT1GzReNkMePdgk8MA-gzip\"");
}

TEST(EntityTagWithCoding, TheTagOfACopyNamesTheEncoder) {
  http::Validators copy = {.coding = Coding::gzip, .made = true, .hashed = true, .digest = digest};
  EXPECT_EQ(http::EntityTag(copy).text(), "\"cBsvwT1GzReNkMePdgk8MA-gz1\"");
}

TEST(EntityTagWithCoding, EachCodingHasItsOwnTag) {
  for (Coding held : {Coding::identity, Coding::br, Coding::zstd, Coding::gzip}) {
    for (Coding sent : {Coding::identity, Coding::br, Coding::zstd, Coding::gzip}) {
      for (const char* field : {"If-None-Match: ", "If-Match: "}) {
        std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(field) + tag(held) + "\r\n\r\n";
        h1::Progress progress;
        http::Request request;
        ASSERT_EQ(h1::parse_head(head, progress, request).kind, h1::Outcome::Kind::done);
        auto answer = http::evaluate(request, {.coding = sent, .hashed = true, .digest = digest}, 0x70000000);
        bool none = std::string(field) == "If-None-Match: ";
        auto same = none ? http::Status::not_modified : http::Status::ok;
        auto other = none ? http::Status::ok : http::Status::precondition_failed;
        EXPECT_EQ(answer, held == sent ? same : other) << head;
      }
    }
  }
}

} // namespace
} // namespace minhttp::test
