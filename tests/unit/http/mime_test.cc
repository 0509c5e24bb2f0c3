// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "http/mime.h"

namespace minhttp::test {
namespace {

constexpr char plain[] = "text/plain; charset=utf-8";

struct Case {
  const char* name;
  const char* type;
};

// What people's sites have, by what browsers and other clients do with it.
TEST(MediaType, ExtensionsOfCommonFiles) {
  for (const Case& c : std::initializer_list<Case>{
           {"ca.crt", "application/x-x509-ca-cert"},
           {"ca.der", "application/x-x509-ca-cert"},
           {"ca.pem", "application/x-pem-file"},
           {"ca.crl", "application/pkix-crl"},
           {"a.kml", "application/vnd.google-earth.kml+xml"},
           {"a.kmz", "application/vnd.google-earth.kmz"},
           {"a.xpi", "application/x-xpinstall"},
           {"a.jnlp", "application/x-java-jnlp-file"},
           {"a.rpm", "application/x-rpm"},
           {"a.mobileconfig", "application/x-apple-aspen-config"},
           {"a.mpg", "video/mpeg"},
           {"a.wmv", "video/x-ms-wmv"},
           {"a.flv", "video/x-flv"},
           {"a.m4s", "video/iso.segment"},
           {"a.m3u8", "application/vnd.apple.mpegurl"},
           {"a.ppt", "application/vnd.ms-powerpoint"},
           {"a.midi", "audio/midi"},
           {"a.jsonl", "application/x-ndjson"},
           {"a.ndjson", "application/x-ndjson"},
           {"a.asc", plain},
           {"a.sha256", plain},
           {"a.sha512", plain},
           {"a.md5", plain},
           {"a.sig", "application/pgp-signature"},
           {"a.patch", plain},
           {"a.diff", plain},
           {"a.ttl", "text/turtle; charset=utf-8"},
           {"a.go", plain},
           {"a.rs", plain},
           {"a.sql", plain},
           {"a.tsx", plain},
           {"a.jsx", plain},
           {"a.vue", plain},
           {"a.bat", plain},
           {"a.ps1", plain},
           {"a.toml", "application/toml"},
           {"a.gpx", "application/gpx+xml"},
           {"a.srt", "application/x-subrip"},
           {"a.vtt", "text/vtt; charset=utf-8"},
           {"Dockerfile", plain},
           {"src/Makefile", plain},
           {"LICENSE", plain},
           {"README", plain},
           {".well-known/apple-app-site-association", "application/json"},
       }) {
    EXPECT_EQ(http::media_type(c.name), c.type) << c.name;
  }
}

TEST(MediaType, OwnTypesComeFirst) {
  const std::array<http::OwnType, 3> own = {
      {{.extension = "foo", .type = "text/x-foo"}, {"js", "text/x-mine"}, {"Foo", "text/x-other"}}};
  EXPECT_EQ(http::media_type("dir/a.FOO", own), "text/x-other");
  EXPECT_EQ(http::media_type("a.foo"), "application/octet-stream");
  EXPECT_EQ(http::media_type("a.js", own), "text/x-mine");
  EXPECT_EQ(http::media_type("a.css", own), "text/css; charset=utf-8");
  EXPECT_EQ(http::media_type("foo", own), "application/octet-stream") << "a name is no extension";
  EXPECT_EQ(http::media_type("a.foo/b", own), "application/octet-stream");
  EXPECT_EQ(http::media_type("LICENSE", own), plain);
  EXPECT_TRUE(http::has_known_extension("a.foo", own));
  EXPECT_FALSE(http::has_known_extension("a.foo"));
  EXPECT_FALSE(http::has_known_extension("foo", own));
  EXPECT_TRUE(http::has_known_extension("a.css", own));
  EXPECT_FALSE(http::has_known_extension("LICENSE", own));
}

TEST(MediaType, InTheTable) {
  EXPECT_EQ(http::type_in_table("Application/XML"), "application/xml; charset=utf-8");
  EXPECT_EQ(http::type_in_table("application/json"), "application/json");
  EXPECT_EQ(http::type_in_table("text/x-foo"), "");
  EXPECT_EQ(http::type_in_table(""), "");
}

} // namespace
} // namespace minhttp::test
