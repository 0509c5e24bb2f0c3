// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/coding.h"
#include "http/mime.h"

namespace minhttp::test {
namespace {

// Every extension of tables/mime.def whose format compresses already; a new row of the table
// that belongs here has to be written here too.
const std::set<std::string> compressed_extensions = {
    "3gp",  "7z",   "aac",  "apk",  "apng",  "avi",  "avif", "br",   "bz2", "deb", "dmg",  "docx",
    "epub", "flac", "flv",  "gif",  "gz",    "heic", "jar",  "jpeg", "jpg", "jxl", "kmz",  "m4a",
    "m4s",  "m4v",  "mkv",  "mov",  "mp3",   "mp4",  "mpeg", "mpg",  "odp", "ods", "odt",  "oga",
    "ogg",  "ogv",  "opus", "png",  "pptx",  "rar",  "rpm",  "svgz", "tgz", "ts",  "usdz", "weba",
    "webm", "webp", "wmv",  "woff", "woff2", "xlsx", "xpi",  "xz",   "zip", "zst"};

TEST(MayBeCompressed, EveryRowOfTheTable) {
  size_t seen = 0;
#define MIME(extension, type)                                                                   \
  EXPECT_EQ(http::may_be_compressed(type), !compressed_extensions.contains(extension)) << type; \
  seen += compressed_extensions.contains(extension);
#include "tables/mime.def"
#undef MIME
  EXPECT_EQ(seen, compressed_extensions.size());
}

TEST(MayBeCompressed, UnknownTypesMayBeCompressed) {
  for (const char* type : {"",
                           "application/octet-stream",
                           "application/",
                           "application",
                           "text/html",
                           "text/html; charset=utf-8",
                           "application/pdf",
                           "application/wasm",
                           "application/zipper",
                           "application/x-zip",
                           "application/gzip2",
                           "model/gltf-binary",
                           "model/zip",
                           "+zip",
                           "image",
                           "imagery/png",
                           "x/image/png",
                           "font/ttf; a=b",
                           "a/b;c+zip",
                           "application/vnd.oasi",
                           "application/xml;zip",
                           "image/svg+xml;charset=utf-8",
                           "image/svg+xml ; a=b"}) {
    EXPECT_TRUE(http::may_be_compressed(type)) << type;
  }
}

TEST(MayBeCompressed, CaseAndParametersDoNotMatter) {
  for (const char* type : {"Image/PNG", "image/png; a=b", "image/png ;a=b", "APPLICATION/ZIP", "video/", "audio/MPEG",
                           "model/vnd.usdz+ZIP", "Font/Woff2", "image/svg", "image/svg+xmlx", "image/svg+xml bmp"}) {
    EXPECT_FALSE(http::may_be_compressed(type)) << type;
  }
  for (const char* type : {"IMAGE/SVG+XML", "Audio/Midi", "image/X-Icon;a"}) {
    EXPECT_TRUE(http::may_be_compressed(type)) << type;
  }
}

TEST(MayBeCompressed, ByTheExtensionOfAName) {
  EXPECT_TRUE(http::may_be_compressed(http::media_type("a.js")));
  EXPECT_TRUE(http::may_be_compressed(http::media_type("a")));
  EXPECT_FALSE(http::may_be_compressed(http::media_type("a.PNG")));
}

} // namespace
} // namespace minhttp::test
